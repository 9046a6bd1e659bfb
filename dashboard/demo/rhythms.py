"""How relationships go: on which days something happens, and in what mood."""

from dataclasses import dataclass
from datetime import date
from random import Random

# Spread of the gaps around the usual one (of the logarithm).
_SPREAD = 0.55
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Course:
    """A way a relationship can go. `drift` multiplies the gap from contact to contact."""

    name: str
    weight: int
    bad: float
    good: float
    drift: float = 1.0
    longest: int = 10_000


STEADY = Course("steady", 45, bad=0.06, good=0.32)
GROWING = Course("growing", 9, bad=0.03, good=0.5, drift=0.985)
FADING = Course("fading", 11, bad=0.18, good=0.2, drift=1.05)
SILENT = Course("silent", 12, bad=0.15, good=0.22)
ONE_OFF = Course("one-off", 9, bad=0.1, good=0.2, longest=2)
NEW = Course("new", 8, bad=0.03, good=0.4)
LOST = Course("lost", 6, bad=0.3, good=0.12)
COURSES = (STEADY, GROWING, FADING, SILENT, ONE_OFF, NEW, LOST)
_WEIGHTS = [course.weight for course in COURSES]


@dataclass(frozen=True, slots=True)
class Span:
    """A relationship in time: first day, last possible day, the day it was lost, and the days of contact; ordinals."""

    course: Course
    start: int
    lost: int | None
    days: list[int]


def any_course(random: Random) -> Course:
    """One of the courses, by its weight."""
    return random.choices(COURSES, _WEIGHTS)[0]


def span(random: Random, course: Course, *, usual_gap: float, until: date) -> Span:
    """A history of that course with about that many days from contact to contact, up to and with the day `until`."""
    last = until.toordinal()
    gap = usual_gap * random.lognormvariate(0, 0.3)
    start = last - min(1800, 60 + int(random.expovariate(1 / 400)))
    lost = None
    end = last
    if course is NEW:
        start = last - random.randrange(60)
    elif course is SILENT:
        end = last - int(gap * random.uniform(2, 6))
    elif course is LOST:
        lost = last - random.randrange(20, 400)
        end = lost - int(gap)
    start = min(start, end - int(2 * gap)) if course in (SILENT, LOST) else start
    return Span(course, start, lost, _days(random, course, start, end, gap))


def _days(random: Random, course: Course, start: int, end: int, gap: float) -> list[int]:
    days: list[int] = []
    day = start
    shortest = gap / 3
    while day <= end and len(days) < course.longest:
        days.append(max(start, workday(day)))
        day += max(1, round(gap * random.lognormvariate(-_SPREAD * _SPREAD / 2, _SPREAD)))
        gap = max(gap * course.drift, shortest)
    return days


def workday(day: int) -> int:
    """The day itself, or the Friday before a weekend."""
    weekday = (day + 6) % 7
    return day - max(0, weekday - _FRIDAY)
