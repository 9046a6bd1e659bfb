"""What the rows of lists of customers repeat, for templates."""

from django import template

from dashboard.row_words import ago, band, due

register = template.Library()
register.filter("ago", ago)
register.filter("due", due)
register.simple_tag(band)
