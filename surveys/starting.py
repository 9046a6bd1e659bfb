"""Surveys that are ready to be asked; a company begins with one of them, or with an empty one, and makes it its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Language
from retention_crm.lib import clock
from surveys.models import Kind, Question, Sign, Survey, Version, new_key
from surveys.speaking import THANKS

QUESTION = "How likely are you to recommend us to a friend or colleague?"
COMMENT_QUESTION = "What is the reason for your answer?"


@dataclass(frozen=True)
class Asked:
    """A question of a ready survey; `only_if` is the place of an earlier one, how it compares, and with what.

    The value is that of the place of a choice, from 0, where the earlier question has choices.
    """

    kind: Kind
    text: Promise
    is_required: bool = False
    section: Promise | str = ""
    help_text: Promise | str = ""
    choices: tuple[Promise, ...] = ()
    lines: tuple[Promise, ...] = ()
    only_if: tuple[int, Sign, int] | None = None


_THANKS = _("Thank you. Your answer has reached the person who looks after you.")


@dataclass(frozen=True)
class Ready:
    name: Promise
    about: Promise
    questions: tuple[Asked, ...]
    thanks: Promise = _THANKS
    thanks_promoter: Promise | str = ""
    thanks_passive: Promise | str = ""
    thanks_detractor: Promise | str = ""


_RECOMMEND = Asked(Kind.NPS, _("How likely are you to recommend us to a friend or colleague?"), True)
_WHY = Asked(Kind.LONG, _("What is the reason for your answer?"))
_SORRY = _("Thank you for saying so openly. Somebody will call you by the end of the next working day.")

READY: dict[str, Ready] = {
    "relationship": Ready(
        _("How are we doing?"),
        _("Recommendation, the reason, and what to do better. For once or twice a year."),
        (
            _RECOMMEND,
            _WHY,
            Asked(
                Kind.MULTIPLE,
                _("What should we do better?"),
                choices=(
                    _("Answer faster"),
                    _("Keep what we promise"),
                    _("Products and prices"),
                    _("Come by more often"),
                ),
                only_if=(0, Sign.AT_MOST, 8),
            ),
            Asked(Kind.CONSENT, _("You may quote me with my name."), only_if=(0, Sign.AT_LEAST, 9)),
        ),
        thanks_detractor=_SORRY,
    ),
    "purchase": Ready(
        _("After a purchase"),
        _("How easy it was and whether all came as agreed."),
        (
            Asked(Kind.CES, _("How easy was it to order from us?"), True),
            Asked(
                Kind.MATRIX,
                _("How content are you with the following?"),
                lines=(_("Delivery time"), _("Quality"), _("Price"), _("Advice")),
                choices=(_("Not content"), _("Content"), _("Very content")),
            ),
            Asked(Kind.LONG, _("What could have been easier?"), only_if=(0, Sign.AT_MOST, 4)),
        ),
    ),
    "meeting": Ready(
        _("After a meeting"),
        _("Two questions while the conversation is fresh."),
        (
            Asked(Kind.CSAT, _("How satisfied are you with our meeting?"), True),
            Asked(
                Kind.SINGLE,
                _("Were your questions answered?"),
                choices=(_("Yes, all of them"), _("Some of them"), _("No")),
            ),
            Asked(Kind.LONG, _("Which ones are still open?"), only_if=(1, Sign.IS_NOT, 0)),
        ),
    ),
    "complaint": Ready(
        _("After a complaint"),
        _("Whether it was put right, how easy that was, and what is left to do."),
        (
            Asked(
                Kind.SINGLE,
                _("Is the matter settled for you?"),
                True,
                choices=(_("Yes"), _("Partly"), _("No")),
            ),
            Asked(Kind.CES, _("How easy was it to have it put right?"), True),
            Asked(Kind.LONG, _("What is still to be done?"), only_if=(0, Sign.IS_NOT, 0)),
        ),
    ),
    "onboarding": Ready(
        _("After the first weeks"),
        _("How the beginning went, in three short sections."),
        (
            Asked(Kind.CSAT, _("How satisfied are you with your start with us?"), True, section=_("The beginning")),
            Asked(Kind.DATE, _("Since when do you use our product?")),
            Asked(Kind.CES, _("How easy was the start?"), section=_("Getting going")),
            Asked(Kind.LONG, _("Where did you get stuck?"), only_if=(2, Sign.AT_MOST, 4)),
            Asked(Kind.NUMBER, _("How many people at your company use it?"), section=_("Looking ahead")),
            _RECOMMEND,
        ),
        thanks_detractor=_SORRY,
    ),
    "leaving": Ready(
        _("Reason for leaving"),
        _("For customers who have left: why, and whether there is a way back."),
        (
            Asked(
                Kind.SINGLE,
                _("What was the main reason for leaving us?"),
                True,
                choices=(
                    _("The price"),
                    _("The service"),
                    _("A promise that was not kept"),
                    _("An offer of somebody else"),
                    _("We no longer need it"),
                    _("Something else"),
                ),
            ),
            Asked(Kind.SHORT, _("Which one?"), only_if=(0, Sign.IS, 5)),
            Asked(Kind.LONG, _("What should we have done better?")),
            Asked(Kind.CONSENT, _("You may contact me again.")),
        ),
        thanks=_("Thank you for your openness, and for the time we worked together."),
    ),
}


def begin(name: str, language: str, ready: str = "") -> Survey:
    """A survey with a draft to be worked on: empty, or with the questions of a ready one.

    What is ready is there in every language of the product; those other than the survey's are its translations.
    """
    with transaction.atomic():
        survey = Survey.objects.create(name=name, language=language)
        draft = Version.objects.create(survey=survey, number=1)
        if (chosen := READY.get(ready)) is not None:
            _fill(draft, chosen, language)
    return survey


def ask_for_recommendation(
    name: str,
    *,
    at: datetime | None = None,
    question: str = QUESTION,
    comment_question: str = COMMENT_QUESTION,
    thanks: str = "",
    **fields: Any,
) -> Survey:
    """A survey that is in use at once: how likely they recommend us, and why."""
    at = at or clock.now()
    with transaction.atomic():
        survey = Survey.objects.create(name=name, created_at=at, **fields)
        said = {"thanks": thanks} if thanks else {}
        version = Version.objects.create(survey=survey, number=1, published_at=at, created_at=at, **said)
        Question.objects.create(version=version, position=0, kind=Kind.NPS, text=question, is_required=True)
        Question.objects.create(version=version, position=1, kind=Kind.LONG, text=comment_question)
        survey.published = version
        survey.save(update_fields=["published"])
    return survey


def _fill(draft: Version, ready: Ready, language: str) -> None:
    for name in THANKS:
        _say(draft, name, getattr(ready, name), language)
    draft.save()
    made: list[Question] = []
    for place, asked in enumerate(ready.questions):
        question = Question(version=draft, position=place, kind=asked.kind, is_required=asked.is_required)
        for name in ("section", "text", "help_text"):
            _say(question, name, getattr(asked, name), language)
        question.choices = list(_listed(question, "choice", asked.choices, language))
        question.lines = list(_listed(question, "line", asked.lines, language))
        if asked.only_if is not None:
            _show_only_if(question, made, asked.only_if)
        made.append(question)
    Question.objects.bulk_create(made)


def _listed(question: Question, kind: str, texts: tuple[Promise, ...], language: str) -> Iterator[dict[str, str]]:
    for text in texts:
        key = new_key()
        own = _in(_spoken(language), text)
        _translate(question, f"{kind}-{key}", text, language)
        yield {"key": key, "text": own}


def _say(row: Any, name: str, text: Promise | str, language: str) -> None:
    setattr(row, name, _in(_spoken(language), text) if text else "")
    if text:
        _translate(row, name, text, language)


def _translate(row: Any, name: str, text: Any, language: str) -> None:
    for other, _name in settings.LANGUAGES:
        if other != language:
            row.translations.setdefault(other, {})[name] = _in(other, text)


def _in(language: str, text: Any) -> str:
    with translation.override(language):
        return str(text)


def _spoken(language: str) -> str:
    """The survey's language, or English where the product has no texts in it."""
    return language if language in dict(settings.LANGUAGES) else Language.ENGLISH.value


def _show_only_if(question: Question, before: list[Question], rule: tuple[int, Sign, int]) -> None:
    place, sign, value = rule
    about = before[place]
    as_written: Callable[[int], str] = (lambda number: about.choice_keys[number]) if about.is_choice else str
    question.rule_key, question.rule_sign, question.rule_value = about.key, sign.value, as_written(value)
