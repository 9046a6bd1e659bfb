"""What the demo's staff write down, promise and hear, from phrases.toml."""

import functools
import tomllib
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from interactions.models import ALWAYS_HELD, Outcome, Sentiment
from surveys.models import Opinion

_SOURCE = Path(__file__).with_name("phrases.toml")
_TONES = {Sentiment.GOOD.value: "good", Sentiment.BAD.value: "bad", Sentiment.NEUTRAL.value: "plain", None: "plain"}
_SHARE_WITH_NOTE = 0.6
_SHARE_IN_OWN_LANGUAGE = 0.35


def pick[T](random: Random, things: Sequence[T]) -> T:
    """One of them; quicker than Random.choice, which matters a million times over."""
    return things[int(random.random() * len(things))]


def note(random: Random, culture: str, kind: str, outcome: str, sentiment: int | None) -> str:
    """What was written down about an interaction; often nothing, sometimes in the customer's own language."""
    if random.random() > _SHARE_WITH_NOTE:
        return ""
    if outcome != Outcome.HELD.value:
        return pick(random, _texts(outcome, "texts"))
    tone = _TONES[sentiment]
    if culture in _cultures() and kind not in ALWAYS_HELD and random.random() < _SHARE_IN_OWN_LANGUAGE:
        return pick(random, _texts("own", culture, tone))
    return pick(random, _texts("notes", kind, tone))


def next_step(random: Random, *, promise: bool) -> str:
    """The title of a follow-up."""
    return pick(random, _texts("promises" if promise else "steps", "texts"))


def complaint(random: Random) -> tuple[str, str]:
    """What went wrong, and how it ended."""
    return pick(random, _texts("complaints", "texts")), pick(random, _texts("complaints", "outcomes"))


def comment(random: Random, opinion: Opinion) -> str:
    """What somebody of that opinion writes under a survey."""
    return pick(random, _texts("answers", opinion.value))


def care_note(random: Random) -> str:
    """How somebody wants to be treated."""
    return pick(random, _texts("care", "notes"))


def job_title(random: Random) -> str:
    """What somebody does at a customer."""
    return pick(random, _texts("care", "titles"))


@functools.cache
def _phrases() -> dict[str, Any]:
    return tomllib.loads(_SOURCE.read_text("utf-8"))


@functools.cache
def _cultures() -> frozenset[str]:
    return frozenset(_phrases()["own"])


@functools.cache
def _texts(*path: str) -> tuple[str, ...]:
    found: Any = _phrases()
    for key in path:
        found = found[key]
    return tuple(found)
