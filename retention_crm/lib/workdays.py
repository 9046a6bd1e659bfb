"""Working days and public holidays of the countries of the world, as the holidays package knows them."""

import re
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale, localedata
from holidays import HolidayBase, country_holidays
from holidays.registry import COUNTRIES

from retention_crm.lib import text

_SATURDAY = 5
# Longer than any row of days off there is; it only keeps a search from running on.
_LONGEST_REST = 60


@lru_cache(maxsize=1)
def countries() -> dict[str, str]:
    """The names of all countries whose holidays are known, by their two letters, in the order of the names."""
    named = ((code, _spaced(name)) for name, code, *_others in COUNTRIES.values())
    return dict(sorted(named, key=lambda pair: pair[1]))


@lru_cache(maxsize=8)
def country_names(language: str) -> dict[str, str]:
    """The same in that language, as far as it is known how they are called in it."""
    if language.startswith("en") or not localedata.exists(language):
        return countries()
    known = Locale.parse(language).territories
    named = {code: str(known.get(code, name)) for code, name in countries().items()}
    return dict(sorted(named.items(), key=lambda pair: text.sort_key(pair[1])))


def _spaced(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r" (And|Of|The)\b", lambda match: match[0].lower(), words)


@lru_cache(maxsize=300)
def _calendar(country: str) -> HolidayBase | None:
    return country_holidays(country, language="en_US") if country in countries() else None


def is_working_day(country: str, day: date) -> bool:
    """Whether people there work on that day; without a known country from Monday to Friday."""
    calendar = _calendar(country)
    return calendar.is_working_day(day) if calendar is not None else day.weekday() < _SATURDAY


def holiday_name(country: str, day: date) -> str:
    """What is celebrated there on that day, in English where that is known; empty for an ordinary day."""
    calendar = _calendar(country)
    return str(calendar.get(day, "")) if calendar is not None else ""


def next_working_day(country: str, day: date) -> date:
    """The first day after `day` on which people there work."""
    following = (day + timedelta(days=number) for number in range(1, _LONGEST_REST))
    return next(later for later in following if is_working_day(country, later))
