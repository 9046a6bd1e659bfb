"""The pencil beside a value that is changed where it stands."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customers.models import Contact, Customer
from dashboard.templatetags.icons import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def pencil(context: Context, row: Customer | Contact, name: str, label: Any = "") -> SafeString:
    """Nothing for who may only read; without script it leads to the page where all is changed."""
    if not context.get("editable"):
        return SafeString("")
    kind = "contact" if isinstance(row, Contact) else "customer"
    label = label or getattr(row._meta.get_field(name), "verbose_name")  # noqa: B009
    # Joined to the value, so that it does not begin a line of its own.
    return format_html(
        '\u2060<a class="pencil" href="{}" data-cell-edit="{}">{}<span class="visually-hidden">{}</span></a>',
        reverse(f"{kind}_edit", args=[row.pk]),
        reverse(f"{kind}_field", args=[row.pk, name]),
        icon("pencil"),
        _("Change: %(field)s") % {"field": label},
    )
