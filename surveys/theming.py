"""Which comments are about which theme: by its words, unless somebody said otherwise."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, Value, When

from accounts.models import User
from surveys.models import Response, ResponseQuerySet, Theme, ThemeChoice

MOST_THEMES = 30


def about(theme: Theme) -> Any:
    """The condition that a response is about the theme."""
    choices = ThemeChoice.objects.filter(response=OuterRef("pk"), theme=theme)
    return Q(Exists(choices.filter(is_on=True))) | (_by_words(theme) & ~Exists(choices))


def _by_words(theme: Theme) -> Q:
    return Q(comment__iregex=theme.pattern) if theme.pattern else Q(pk__isnull=True)


def counted(responses: ResponseQuerySet, themes: Sequence[Theme]) -> list[tuple[Theme, int]]:
    """Of how many of these answers each is, the most first; one query. What nobody spoke of is left out."""
    if not themes:
        return []
    rows: Any = responses.exclude(comment="").order_by()
    found = rows.aggregate(**{f"theme_{theme.pk}": Count("pk", filter=about(theme)) for theme in themes})
    numbers = [(theme, found[f"theme_{theme.pk}"]) for theme in themes]
    return sorted(((theme, number) for theme, number in numbers if number), key=lambda row: -row[1])


def of_each(pks: Collection[int], themes: Sequence[Theme]) -> dict[int, list[Theme]]:
    """The themes of each of these answers; one query."""
    return _marked(pks, {theme: about(theme) for theme in themes})


def _marked(pks: Collection[int], conditions: dict[Theme, Any]) -> dict[int, list[Theme]]:
    marks: dict[str, Any] = {
        f"theme_{theme.pk}": Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
        for theme, condition in conditions.items()
    }
    rows: Any = Response.objects.filter(pk__in=pks).order_by().values("pk").annotate(**marks)
    return {row["pk"]: [theme for theme in conditions if row[f"theme_{theme.pk}"]] for row in rows}


def correct(response: Response, chosen: Collection[Theme], *, by: User) -> None:
    """The answer is about these themes and no others; what the words say by themselves needs no choice."""
    themes = list(Theme.objects.all())
    with transaction.atomic():
        Response.objects.select_for_update(no_key=True).get(pk=response.pk)
        said = _marked([response.pk], {theme: _by_words(theme) for theme in themes})[response.pk]
        response.theme_choices.all().delete()
        ThemeChoice.objects.bulk_create(
            ThemeChoice(response=response, theme=theme, is_on=theme in chosen, chosen_by=by)
            for theme in themes
            if (theme in chosen) != (theme in said)
        )
