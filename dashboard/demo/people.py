"""The demo company, its people, their teams, the segments and the survey."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

from accounts.models import Absence, Company, Role, Team, User
from customers.models import Segment
from dashboard.demo.cultures import any_culture
from retention_crm.lib import clock
from surveys.models import Kind, Occasion, Survey, Theme
from surveys.starting import ask_for_recommendation

COMPANY = "Nordlicht Handel"
ZONE = "Europe/Stockholm"
PASSWORD = "demo"  # noqa: S105 - the demo's logins are meant to be known
LOGINS = ("sales@example.com", "manager@example.com", "admin@example.com")


SIGNATURE = "Nordlicht Handel, sales\n+999 8 123 45 67"

# What the answers to the survey are about, with words that show it.
THEMES = {
    "Being reached": ["call", "nobody", "end of the line"],
    "Price": ["price", "invoice"],
    "Speed": ["slow", "fast", "late", "snabb"],
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff; `share` is how large a part of the customers is theirs."""

    email: str
    name: str
    role: Role
    team: str | None
    zone: str = ZONE
    share: int = 0
    signature: str = ""


MEMBERS = (
    Member("sales@example.com", "Mia Berg", Role.STAFF, "North", share=30, signature=SIGNATURE),
    Member("manager@example.com", "Henrik Åström", Role.MANAGER, "North"),
    Member("admin@example.com", "Leila Nasser", Role.ADMINISTRATOR, None),
    Member("jonas.falk@example.com", "Jonas Falk", Role.STAFF, "North", share=18),
    Member("clara.winter@example.com", "Clara Winter", Role.STAFF, "Continent", "Europe/Berlin", share=18),
    Member("piotr.sowa@example.com", "Piotr Sowa", Role.STAFF, "Continent", "Europe/Warsaw", share=14),
    Member("yuki.tanabe@example.com", "Yuki Tanabe", Role.STAFF, "World", "Asia/Tokyo", share=10),
    Member("samir.haddad@example.com", "Samir Haddad", Role.STAFF, "World", "Asia/Amman", share=10),
)
# Nobody can look after more than some hundred customers, so a larger company has more people, in teams of eight.
CUSTOMERS_EACH = 400
_COLLEAGUE = re.compile(r"colleague-\d+@example\.com")
_TEAM_SIZE = 8
# Days before an expected order on which a call is proposed.
CALLED_BEFORE = {"A customers": 5}
# Days of the cadence, usual days from contact to contact, usual size of a purchase, weight.
SEGMENTS = (
    ("Key accounts", 14, 10, 4200, 3),
    ("A customers", 30, 20, 1500, 13),
    ("B customers", 60, 40, 520, 36),
    ("C customers", 120, 73, 160, 48),
)


@dataclass(frozen=True, slots=True)
class Care:
    """A segment as the histories need it."""

    pk: int
    cadence: int
    usual_gap: float
    usual_amount: float


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The ids of a survey, of what it asks by now, and of the questions for the score and for the comment."""

    survey: int
    version: int | None
    score: int | None
    comment: int | None

    @classmethod
    def of(cls, survey: Survey) -> "Questionnaire":
        asked = survey.published.asked if survey.published else []
        first = [next((row.pk for row in asked if row.kind == kind), None) for kind in (Kind.NPS, Kind.LONG)]
        return cls(survey.pk, survey.published_id, *first)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the customers are put on: the day, the people by their share, the segments by their weight."""

    on: date
    star: User
    owners: list[User]
    shares: list[int]
    segments: list[Care]
    segment_weights: list[int]
    survey: Questionnaire
    # Reserved ones: nobody receives mail there.
    domains: tuple[str, ...] = ("example.com", "example.org", "example.net")


def are_the_demos_own(emails: list[str]) -> bool:
    """Whether these are the people of the demo and nobody else."""
    named = {member.email for member in MEMBERS}
    return all(email in named or _COLLEAGUE.fullmatch(email) for email in emails)


def members(customers: int) -> list[Member]:
    """Everybody at a company with that many customers: those with names of their own, then as many as it takes."""
    named = sum(1 for member in MEMBERS if member.share)
    share = 100 // named
    return [*MEMBERS, *(_colleague(number, share) for number in range(1, customers // CUSTOMERS_EACH - named + 1))]


def _colleague(number: int, share: int) -> Member:
    random = Random(number)  # noqa: S311 - nothing here is secret
    culture = any_culture(random)
    return Member(
        email=f"colleague-{number:03}@example.com",
        name=culture.person(random).name,
        role=Role.STAFF,
        team=f"Team {4 + (number - 1) // _TEAM_SIZE}",
        zone=culture.zones[0],
        share=share,
    )


def _segment(name: str, cadence: int) -> Segment:
    """Those who buy often enough to be called before, and seldom enough for that to be no nuisance, are called."""
    return Segment.objects.create(name=name, cadence_days=cadence, order_call_days=CALLED_BEFORE.get(name))


def set_the_stage(on: date, customers: int) -> Stage:
    """Creates the company with its settings, teams, people for that many customers, segments and the survey."""
    Company.objects.update_or_create(
        pk=1,
        defaults={
            "name": COMPANY,
            "postal_address": "Nordlicht Handel\nStora Nygatan 1\n111 27 Stockholm",
            "time_zone": ZONE,
            "currency": "EUR",
            "country": "SE",
        },
    )
    for theme, words in THEMES.items():
        Theme.objects.create(name=theme, words="\n".join(words))
    everybody = members(customers)
    users = _people(everybody)
    Absence.objects.create(
        user=users[MEMBERS[3].email],
        first_day=on + timedelta(days=7),
        last_day=on + timedelta(days=13),
        deputy=users[LOGINS[0]],
    )
    survey = ask_for_recommendation("How are we doing?", at=clock.moment(on, time(), ZONE))
    for kind in (Occasion.Kind.MEETING, Occasion.Kind.PURCHASE):
        Occasion.objects.create(survey=survey, kind=kind, delay_hours=0)
    sellers = [member for member in everybody if member.share]
    return Stage(
        on=on,
        star=users[LOGINS[0]],
        owners=[users[member.email] for member in sellers],
        shares=[member.share for member in sellers],
        segments=[
            Care(_segment(name, cadence).pk, cadence, gap, amount) for name, cadence, gap, amount, _weight in SEGMENTS
        ],
        segment_weights=[weight for *_rest, weight in SEGMENTS],
        survey=Questionnaire.of(survey),
    )


def _people(members: list[Member]) -> dict[str, User]:
    # The same salt for all, so that two runs with the same seed give the same rows.
    known = make_password(PASSWORD, salt="nordlichthandel2026")
    names = dict.fromkeys(member.team for member in members if member.team)
    teams = {name: Team.objects.create(name=name) for name in names}
    return {
        member.email: User.objects.create(
            email=member.email,
            name=member.name,
            role=member.role,
            team=teams[member.team] if member.team else None,
            time_zone=member.zone,
            signature=member.signature,
            password=known if member.email in LOGINS else f"{UNUSABLE_PASSWORD_PREFIX}demo",
        )
        for member in members
    }
