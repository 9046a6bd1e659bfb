"""Days as people and programs write them."""

from datetime import date

import pytest

from customers.importing.recognising import day_order
from customers.importing.tables import Looks
from customers.importing.telephones import in_one_form, last_digits
from customers.importing.written_days import read_day

TODAY = date(2026, 11, 26)


def day(written: str, order: str = "") -> tuple[int, int, int | None] | None:
    found = read_day(written, order=order, today=TODAY)
    return (found.day, found.month, found.year) if found else None


@pytest.mark.parametrize(
    "written",
    [
        *(
            "1980-05-17",
            "19800517",
            "1980/05/17",
            "1980.05.17",
            "1980-5-17",
            "1980-05-17T00:00:00Z",
            "1980-05-17 08:30",
        ),
        *("17.05.1980", "17.5.1980", "17. 5. 1980", "17.05.80", "17 May 1980", "17. Mai 1980", "17th of May 1980"),
        *("May 17, 1980", "May 17 1980", "17-May-1980", "17 mai 1980", "17.05.1980 00:00"),
    ],
)
def test_a_whole_day(written: str) -> None:
    assert day(written) == (17, 5, 1980)


@pytest.mark.parametrize(
    "written",
    [
        "--05-17",
        "--0517",
        " --05-17",
        "17.05.",
        "17.5.",
        "17 May",
        "May 17",
        "1604-05-17",
        "16040517",
        "17.05.1604",
        "0000-05-17",
    ],
)
def test_a_day_without_a_year(written: str) -> None:
    assert day(written) == (17, 5, None)


@pytest.mark.parametrize("written", ["", " ", "0/0/00", "0000-00-00", "-", "1/1/4501"])
def test_no_day(written: str) -> None:
    assert day(written) is None


@pytest.mark.parametrize(
    "written", ["31.02.1980", "13/13/1980", "soon", "1980", "17 Foo 1980", "2026-00-10", "30 February"]
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        day(written)


def test_leap_days_need_no_year_and_years_of_two_digits_are_of_the_past() -> None:
    assert day("--02-29") == (29, 2, None)
    assert (day("1.2.26"), day("1.2.27"), day("1.2.80")) == ((1, 2, 2026), (1, 2, 1927), (1, 2, 1980))


def test_numbers_with_slashes_go_by_the_order_that_was_said() -> None:
    assert day("03/04/1980", "day") == (3, 4, 1980)
    assert day("03/04/1980", "month") == (4, 3, 1980)
    assert day("3-4", "month") == (4, 3, None)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/1980", "25/12/1999"], "day"),
        (["03/04/1980", "12/25/1999"], "month"),
        (["03/04/1980", "05/06/1999"], ""),
        (["25/12/1999", "12/25/1999"], ""),
        (["03.04.1980", "1980-04-03"], "none"),
    ],
)
def test_the_order_of_a_column_shows_or_has_to_be_asked(cells: list[str], order: str) -> None:
    looks = Looks()
    for cell in cells:
        looks.see([cell])
    assert day_order(looks.named(["Birthday"])[0]) == order


@pytest.mark.parametrize(
    ("written", "country", "form"),
    [
        ("070-123 45 67", "SE", "+46 70 123 45 67"),
        ("+46 (0)70 123 45 67", "", "+46 70 123 45 67"),
        ("0046701234567", "SE", "+46 70 123 45 67"),
        ("0171/1234567", "DE", "+49 171 1234567"),
        ("(212) 555-0134 ext. 12", "US", "+1 212-555-0134 ext. 12"),
        ("070-123 45 67", "", "070-123 45 67"),
        ("12", "SE", "12"),
        ("ask Eva", "SE", "ask Eva"),
    ],
)
def test_telephones_come_to_one_form_or_stay_as_they_are(written: str, country: str, form: str) -> None:
    assert in_one_form(written, country) == form


def test_two_ways_to_write_a_number_have_their_last_digits_in_common() -> None:
    assert last_digits("070-123 45 67") == last_digits("+46 70 123 45 67") == "01234567"
    assert last_digits("+1 212-555-0134 ext. 12") == last_digits("+1 212-555-0134") == "25550134"
    assert last_digits("12") == ""
