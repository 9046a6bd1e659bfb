"""Days as people and programs write them, with or without a year."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

# What Outlook and the iPhone write for an unknown year.
NO_YEAR = {1604, 1, 0}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan", "januar", "jänner", "janvier", "enero", "januari"),
            ("february", "feb", "februar", "feber", "février", "febrero", "februari"),
            ("march", "mar", "märz", "mär", "mrz", "maerz", "mars", "marzo"),
            ("april", "apr", "avril", "abril"),
            ("may", "mai", "mayo", "maj"),
            ("june", "jun", "juni", "juin", "junio"),
            ("july", "jul", "juli", "juillet", "julio"),
            ("august", "aug", "août", "agosto", "augusti"),
            ("september", "sep", "sept", "septembre", "septiembre"),
            ("october", "oct", "oktober", "okt", "octobre", "octubre"),
            ("november", "nov", "novembre", "noviembre"),
            ("december", "dec", "dezember", "dez", "décembre", "diciembre"),
        ),
        start=1,
    )
    for name in names
}
_TIME = r"(?:[T ][0-9:.,]+ ?(?:[AaPp][Mm])?(?:Z|[+-][0-9:]+)?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})" + _TIME)
_YEAR_FIRST_SHORT = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _TIME)
_NO_YEAR = re.compile(r"--([0-9]{2})-?([0-9]{2})")
_POINTS = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\.(?: ?([0-9]{4}|[0-9]{2}))?" + _TIME)
_SLASHES = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})(?:[/-]([0-9]{4}|[0-9]{2}))?" + _TIME)
_DAY_MONTH = re.compile(r"([0-9]{1,2})\.?(?:st|nd|rd|th)?[ -](?:of )?([^\W\d_]{3,})\.?,?(?:[ -]([0-9]{4}))?")
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,?(?: ([0-9]{4}))?")
# What stands for no day at all.
_NOTHING = {"0/0/00", "00.00.00", "0000-00-00", "0.0.00", "00/00/00", "1/1/4501", "01.01.4501", "-", "n/a"}


@dataclass(frozen=True)
class Day:
    """A day of a month that there is; the year may be unknown."""

    day: int
    month: int
    year: int | None

    @property
    def whole(self) -> date | None:
        return date(self.year, self.month, self.day) if self.year else None


def as_written(year: int | None, month: int, day: int) -> str:
    """As programs write it; without a year as vCards do."""
    return f"{year:04}-{month:02}-{day:02}" if year else f"--{month:02}-{day:02}"


@lru_cache(maxsize=50_000)
def read_day(written: str, *, order: str, today: date) -> Day | None:
    """The day that is meant; None for nothing. Raises ValueError for what is none.

    `order` is `day` or `month`, whichever comes first where only numbers with slashes or hyphens stand.
    """
    written = written.strip()
    if not written or written.lower() in _NOTHING:
        return None
    for pattern, read in _WAYS:
        if found := pattern.fullmatch(written):
            day, month, year = read(found, order)
            return _checked(day, month, _year(year, today))
    raise ValueError(written)


def _checked(day: int, month: int, year: int | None) -> Day:
    date(year or 2000, month, day)
    return Day(day, month, year)


def _year(written: str | None, today: date) -> int | None:
    if not written:
        return None
    year = int(written)
    if len(written) == 2:
        # Nobody has been born, or been a customer, in a year that is still to come.
        year += today.year // 100 * 100
        return year - 100 if year > today.year else year
    return None if year in NO_YEAR else year


type _Parts = tuple[int, int, str | None]


def _year_first(found: re.Match[str], _order: str) -> _Parts:
    return int(found[3]), int(found[2]), found[1]


def _without_year(found: re.Match[str], _order: str) -> _Parts:
    return int(found[2]), int(found[1]), None


def _day_first(found: re.Match[str], _order: str) -> _Parts:
    return int(found[1]), int(found[2]), found[3]


def _by_order(found: re.Match[str], order: str) -> _Parts:
    first, second = int(found[1]), int(found[2])
    return (second, first, found[3]) if order == "month" else (first, second, found[3])


def _named_second(found: re.Match[str], _order: str) -> _Parts:
    return int(found[1]), _month(found[2]), found[3]


def _named_first(found: re.Match[str], _order: str) -> _Parts:
    return int(found[2]), _month(found[1]), found[3]


def _month(name: str) -> int:
    try:
        return _MONTHS[name.lower()]
    except KeyError:
        raise ValueError(name) from None


_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], _Parts]], ...] = (
    (_YEAR_FIRST, _year_first),
    (_YEAR_FIRST_SHORT, _year_first),
    (_NO_YEAR, _without_year),
    (_POINTS, _day_first),
    (_SLASHES, _by_order),
    (_DAY_MONTH, _named_second),
    (_MONTH_DAY, _named_first),
)
