"""Rules that show a question only after some answers."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.branching import Value, as_day, as_number, asked, can_hold, holds
from surveys.models import Kind, Question, Sign


def question(key: str, kind: str = Kind.NPS, rule: tuple[str, str, str] = ("", "", ""), **fields: Any) -> Question:
    rule_key, sign, value = rule
    return Question(key=key, kind=kind, text=key, rule_key=rule_key, rule_sign=sign, rule_value=value, **fields)


TEA = [{"key": "t", "text": "Tea"}, {"key": "c", "text": "Coffee"}]
D = Decimal


@pytest.mark.parametrize(
    ("kind", "value", "sign", "wanted", "shown"),
    [
        (Kind.NPS, D(6), Sign.AT_MOST, "6", True),
        (Kind.NPS, D(7), Sign.AT_MOST, "6", False),
        (Kind.NPS, D(9), Sign.AT_LEAST, "9", True),
        (Kind.NPS, D(8), Sign.AT_LEAST, "9", False),
        # As numbers, not as texts: 10 is more than 9.
        (Kind.NPS, D(10), Sign.AT_LEAST, "9", True),
        (Kind.CES, D(4), Sign.IS, "4", True),
        (Kind.CES, D(4), Sign.IS_NOT, "4", False),
        (Kind.NUMBER, D("2.5"), Sign.AT_MOST, "2,5", True),
        (Kind.DATE, date(2026, 2, 1), Sign.AT_LEAST, "2026-01-31", True),
        (Kind.DATE, date(2026, 1, 30), Sign.AT_LEAST, "2026-01-31", False),
        (Kind.SINGLE, "t", Sign.IS, "t", True),
        (Kind.SINGLE, "c", Sign.IS, "t", False),
        (Kind.SINGLE, "c", Sign.IS_NOT, "t", True),
        (Kind.MULTIPLE, ["t", "c"], Sign.IS, "c", True),
        (Kind.MULTIPLE, ["t"], Sign.IS, "c", False),
        (Kind.MULTIPLE, ["t"], Sign.IS_NOT, "c", True),
        (Kind.CONSENT, "yes", Sign.IS, "yes", True),
        (Kind.CONSENT, "no", Sign.IS, "yes", False),
        # Without an answer only “is not” holds.
        (Kind.NPS, None, Sign.IS_NOT, "3", True),
        (Kind.NPS, None, Sign.AT_MOST, "10", False),
        # A value no answer can be compared with holds never.
        (Kind.SINGLE, "t", Sign.IS_NOT, "gone", False),
        (Kind.NPS, D(3), Sign.IS_NOT, "three", False),
    ],
)
def test_a_rule_compares_as_its_question_is_answered(
    kind: str, value: Value | None, sign: str, wanted: str, shown: bool
) -> None:
    about = question("a", kind, choices=TEA)

    assert holds(question("b", rule=("a", sign, wanted)), about, value) is shown


def test_what_hangs_on_a_hidden_question_is_hidden_whatever_was_posted_for_it() -> None:
    first = question("a")
    second = question("b", rule=("a", Sign.AT_MOST, "6"))
    third = question("c", rule=("b", Sign.IS_NOT, "1"))

    assert asked([first, second, third], {"a": D(9), "b": D(5)}) == [first]
    assert asked([first, second, third], {"a": D(3), "b": D(5)}) == [first, second, third]


def test_a_rule_about_a_later_question_or_one_that_is_gone_hides() -> None:
    early, late = question("a", rule=("b", Sign.IS_NOT, "1")), question("b")

    assert asked([early, late], {"b": D(5)}) == [late]
    assert asked([question("a", rule=("x", Sign.IS_NOT, "1"))], {}) == []


def possible(*questions: Question) -> bool:
    *before, last = questions
    return can_hold(last, {other.key: other for other in before})


@pytest.mark.parametrize(
    ("sign", "value", "can"),
    [
        (Sign.IS, "10", True),
        (Sign.IS, "11", False),
        (Sign.AT_LEAST, "10", True),
        (Sign.AT_LEAST, "11", False),
        (Sign.AT_MOST, "-1", False),
        (Sign.IS_NOT, "5", True),
        (Sign.IS, "5.5", False),
        (Sign.IS, "", False),
    ],
)
def test_whether_a_rule_on_a_scale_can_come_true(sign: str, value: str, can: bool) -> None:
    assert possible(question("a"), question("b", rule=("a", sign, value))) is can


def test_what_a_rule_hangs_on_must_be_asked_itself() -> None:
    consent = question("b", Kind.CONSENT, rule=("a", Sign.AT_MOST, "6"))
    never = question("b", Kind.CONSENT, rule=("a", Sign.AT_MOST, "-6"))
    last = question("c", rule=("b", Sign.IS, "yes"))

    assert possible(question("a"), consent, last)
    assert not possible(question("a"), never, last)
    assert not possible(question("a"), consent, question("c", rule=("b", Sign.IS, "perhaps")))


@pytest.mark.parametrize("kind", [Kind.SINGLE, Kind.MULTIPLE])
@pytest.mark.parametrize(("value", "can"), [("t", True), ("gone", False)])
def test_a_choice_that_is_gone_is_never_made(kind: str, value: str, can: bool) -> None:
    for sign in (Sign.IS, Sign.IS_NOT):
        assert possible(question("a", kind, choices=TEA), question("b", rule=("a", sign, value))) is can


@pytest.mark.parametrize(
    ("kind", "value"), [(Kind.NUMBER, "12,5"), (Kind.DATE, "2026-11-27"), (Kind.DATE, "9999-12-31")]
)
@pytest.mark.parametrize("sign", [Sign.IS, Sign.AT_LEAST, Sign.AT_MOST])
def test_any_number_and_any_day_can_come(kind: str, value: str, sign: str) -> None:
    assert possible(question("a", kind), question("b", rule=("a", sign, value)))
    assert not possible(question("a", kind), question("b", rule=("a", sign, "soon")))


@given(st.integers(-20, 20), st.sampled_from(list(Sign)))
def test_what_can_hold_is_held_by_some_answer_and_the_rest_by_none(value: int, sign: Sign) -> None:
    about, ruled = question("a"), question("b", rule=("a", sign, str(value)))

    assert possible(about, ruled) == any(holds(ruled, about, D(point)) for point in range(11))


@pytest.mark.parametrize(
    ("written", "number"),
    [("12", D(12)), (" 12,5 ", D("12.5")), ("-3", D(-3)), ("−3", D(-3)), ("1e2", D(100)), ("٣", D(3))],
)
def test_numbers_as_people_write_them(written: str, number: Decimal) -> None:
    assert as_number(written) == number


@pytest.mark.parametrize("written", ["", "x", "NaN", "Infinity", "1,2,3", "1_000", "\x00", "1" * 41, "12 or so"])
def test_what_is_no_number(written: str) -> None:
    assert as_number(written) is None


@pytest.mark.parametrize("written", ["", "27.11.2026", "2026-02-30", "2026-W01-1", "２０２６-11-27", "20261127"])
def test_what_is_no_day(written: str) -> None:
    assert as_day(written) is None
