"""The notice that sample data are loaded, for the pages on which they stand among others."""

from typing import Any

from django import template
from django.template.context import RequestContext

from dashboard.models import Beginning

register = template.Library()


@register.inclusion_tag("includes/sample_notice.html", takes_context=True)
def sample_notice(context: RequestContext) -> dict[str, Any]:
    """Says so to everybody, and to managers how to be rid of them. A page that knows the `steps` knows it already."""
    steps = context.get("steps")
    is_loaded = steps.is_sampled if steps else Beginning.current().loaded_at is not None
    return {"is_loaded": is_loaded, "user": context["user"]}
