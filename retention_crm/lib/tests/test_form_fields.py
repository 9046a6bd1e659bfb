"""What people type into forms: amounts, moments and texts, well meant and not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from retention_crm.lib.form_fields import AmountInput, LineInput, MomentInput, NoteInput


def moment_input(zone: str = "Europe/Stockholm") -> MomentInput:
    field = MomentInput(required=False)
    field.zone_name = zone
    return field


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1200", "1200"),
        ("0", "0"),
        ("0,5", "0.5"),
        ("12,50", "12.50"),
        ("12.50", "12.50"),
        ("1 200,50", "1200.50"),
        ("1\u202f200\u00a0000,50", "1200000.50"),
        ("1.200,50", "1200.50"),
        ("1,200.50", "1200.50"),
        ("1'200.50", "1200.50"),
        ("1.200", "1200"),
        ("1,200", "1200"),
        ("1.234.567", "1234567"),
        ("  42  ", "42"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, amount: str) -> None:
    assert AmountInput().clean(written) == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    ["-5", "1e5", "NaN", "Infinity", "12,505,1", "1.2.3", "0,125", "12,", ",5", "١٢", "€ 5", "5 EUR", "1,20,300", "½"],
)
def test_what_is_no_amount_gets_a_message(written: str) -> None:
    with pytest.raises(ValidationError, match="digits only"):
        AmountInput().clean(written)


def test_an_amount_no_column_holds_gets_a_message() -> None:
    with pytest.raises(ValidationError, match="too large"):
        AmountInput().clean("1" * 13)
    with pytest.raises(ValidationError, match="too large"):
        AmountInput().clean("9" * 10_000)


def test_leading_zeros_do_not_make_an_amount_large() -> None:
    assert AmountInput().clean("0" * 50 + "7") == Decimal(7)


def test_no_amount_is_none() -> None:
    assert AmountInput(required=False).clean("") is None


@given(st.decimals(0, 999_999_999, places=2, allow_nan=False), st.sampled_from([",", "."]))
def test_every_amount_with_two_decimals_is_read_back(amount: Decimal, mark: str) -> None:
    assert AmountInput().clean(f"{amount:.2f}".replace(".", mark)) == amount


@given(st.text(max_size=30))
def test_no_text_is_more_than_a_message(written: str) -> None:
    for field in (AmountInput(required=False), moment_input()):
        try:
            field.clean(written)
        except ValidationError as error:
            assert error.messages


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-26T14:30", datetime(2026, 11, 26, 13, 30, tzinfo=UTC)),
        ("2026-11-26 14:30", datetime(2026, 11, 26, 13, 30, tzinfo=UTC)),
        ("2026-07-01T14:30:15", datetime(2026, 7, 1, 12, 30, 15, tzinfo=UTC)),
        ("2026-11-26T14:30+09:00", datetime(2026, 11, 26, 5, 30, tzinfo=UTC)),
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_by_the_persons_clock(written: str, moment: datetime) -> None:
    assert moment_input().clean(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2026-11-26",
        "26.11.2026 14:30",
        "2026-13-01T10:00",
        "2026-02-30T10:00",
        "2026-11-26T25:00",
        "12:00",
    ],
)
def test_what_is_no_moment_gets_a_message(written: str) -> None:
    with pytest.raises(ValidationError, match="Write a day and a time"):
        moment_input().clean(written)


@pytest.mark.parametrize(
    "written", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+14:00", "1899-12-31T23:59"]
)
def test_a_year_nobody_means_gets_a_message(written: str) -> None:
    with pytest.raises(ValidationError, match="Check the year"):
        moment_input().clean(written)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Europe/Stockholm"])
def test_a_moment_is_shown_as_it_is_read(zone: str) -> None:
    field = moment_input(zone)
    moment = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)

    assert field.clean(field.prepare_value(moment)) == moment


def test_what_was_typed_is_shown_again() -> None:
    assert moment_input().prepare_value("nonsense") == "nonsense"


def test_a_text_too_long_says_how_long_it_is_and_may_be() -> None:
    with pytest.raises(ValidationError, match="may be 100 characters long; it has 101"):
        NoteInput(limit=100).clean("x" * 101)


def test_texts_are_cleaned_before_they_are_measured() -> None:
    assert LineInput(limit=3).clean("\x00 a \n b \x00") == "a b"
    assert NoteInput(limit=3).clean("a\r\nb\x00") == "a\nb"


def test_browsers_are_not_asked_to_cut_off_what_is_pasted() -> None:
    assert "maxlength" not in NoteInput(limit=100).widget.attrs
    assert "maxlength" not in LineInput(limit=100).widget.attrs
