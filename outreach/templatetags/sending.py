"""The notice that sending is paused, for the pages managers look at every day."""

from typing import Any

from django import template
from django.template.context import RequestContext

from outreach import pausing

register = template.Library()


@register.inclusion_tag("includes/sending_notice.html", takes_context=True)
def sending_notice(context: RequestContext) -> dict[str, Any]:
    """Says to managers why nothing is sent, in the server's words; nothing to others."""
    user = context["user"]
    return {
        "pause": pausing.current() if user.is_manager else None,
        "user": user,
        "csrf_token": context.get("csrf_token"),
        "next": context["request"].get_full_path(),
    }
