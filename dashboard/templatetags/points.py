"""Points as the pages show them."""

from django import template

register = template.Library()


@register.filter
def signed(points: int) -> str:
    """With its sign, also where it is a gain; a minus sign as long as the plus."""
    return f"−{-points}" if points < 0 else f"+{points}" if points else "±0"
