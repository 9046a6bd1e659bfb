"""Working days and holidays."""

from datetime import date, timedelta

import pytest

from retention_crm.lib import workdays

FRIDAY = date(2026, 11, 27)


def test_every_country_has_two_letters_and_a_name_in_the_order_of_the_names() -> None:
    found = workdays.countries()
    assert len(found) > 200
    assert all(len(code) == 2 and code.isupper() for code in found)
    assert list(found.values()) == sorted(found.values())
    assert (found["SE"], found["GB"], found["BA"]) == ("Sweden", "United Kingdom", "Bosnia and Herzegovina")


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        ("SE", FRIDAY, True),
        ("SE", FRIDAY + timedelta(days=1), False),
        ("SA", FRIDAY, False),
        ("SA", FRIDAY + timedelta(days=2), True),
        ("SE", date(2026, 12, 25), False),
        ("JP", date(2026, 12, 25), True),
        ("", date(2026, 12, 25), True),
        ("", FRIDAY + timedelta(days=1), False),
        ("XX", FRIDAY, True),
        ("\x00", FRIDAY, True),
    ],
)
def test_a_working_day_is_that_of_the_country(country: str, day: date, works: bool) -> None:
    assert workdays.is_working_day(country, day) is works


def test_the_next_working_day_is_after_all_days_off_in_a_row() -> None:
    assert workdays.next_working_day("SE", date(2026, 12, 24)) == date(2026, 12, 28)
    assert workdays.next_working_day("", FRIDAY) == date(2026, 11, 30)


def test_a_holiday_has_a_name_and_an_ordinary_day_none() -> None:
    assert workdays.holiday_name("DE", date(2026, 12, 25)) == "Christmas Day"
    assert workdays.holiday_name("DE", FRIDAY) == workdays.holiday_name("", date(2026, 12, 25)) == ""


def test_in_every_country_there_is_work_again() -> None:
    for country in workdays.countries():
        day = date(2026, 1, 1)
        while day.year == 2026:
            later = workdays.next_working_day(country, day)
            assert day < later <= day + timedelta(days=30), country
            day = later + timedelta(days=20)
