"""Icons from the one sprite; a tag rather than an include, for a page has dozens of them."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> SafeString:
    """A picture beside a word; it says nothing to a screen reader."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', static(SPRITE), name
    )
