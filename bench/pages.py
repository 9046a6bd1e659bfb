"""Every page against the bare page of its kind, in turns, so that what else the machine does falls on both."""

import base64
import json
import statistics
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from bench.browser import Answer, Browser
from customers.models import Customer, Segment
from interactions.models import Complaint, FollowUp, Interaction
from retention_crm.lib import clock
from surveys.models import Invitation, Survey

WARM_UP = 12
ROUNDS = 60
# What a page of a customer has to bear, and how many of each are still open.
INTERACTIONS, PROMISES, COMPLAINTS, OPEN = 500, 50, 20, 3
NOTES = "Talked about the open orders; nothing urgent."
STAFF, MANAGER = "sales@example.com", "manager@example.com"


@dataclass(frozen=True)
class Case:
    """A page to be measured; `kind` names the bare page, `form` makes it a POST, `person` is a login or a visitor."""

    name: str
    kind: str
    view: str
    args: tuple[Any, ...] = ()
    query: str = ""
    person: str = STAFF
    form: dict[str, str] | None = None
    htmx: bool = False

    @property
    def path(self) -> str:
        return reverse(self.view, args=self.args) + self.query


@dataclass(frozen=True)
class Figures:
    """What came out, in milliseconds; `bare` is the median of the bare page measured between."""

    name: str
    kind: str
    median: float
    p95: float
    bare: float
    queries: int
    most_queries: int
    size: int
    statuses: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Bare:
    path: str
    form: dict[str, str] | None = None


def busiest_customer() -> Customer:
    """The one with the longest history, of those the member of staff looks after."""
    staff = User.objects.get_by_natural_key(STAFF)
    return (
        Customer.objects.kept().filter(owner=staff).annotate(length=Count("interactions")).order_by("-length", "pk")[0]
    )


def fill(customer: Customer, at: datetime) -> None:
    """Gives them as much as a page has to bear: interactions, promises and complaints, some of them still open."""
    author = customer.owner
    lacking = max(0, INTERACTIONS - customer.interactions.count())
    Interaction.objects.bulk_create(
        Interaction(
            customer=customer,
            author=author,
            happened_at=moment,
            day=clock.today(customer.time_zone, moment),
            notes=NOTES,
            created_at=moment,
        )
        for moment in (at - timedelta(days=number) for number in range(1, lacking + 1))
    )
    FollowUp.objects.bulk_create(
        FollowUp(
            customer=customer,
            assignee=author,
            title="Send the price list",
            is_promise=True,
            due_at=at - timedelta(days=number - 5),
            done_at=at - timedelta(days=number) if number > OPEN else None,
        )
        for number in range(PROMISES)
    )
    Complaint.objects.bulk_create(
        Complaint(
            customer=customer,
            owner=author,
            what="The parcel came late",
            opened_at=at - timedelta(days=9 * number + 2),
            resolved_at=at - timedelta(days=9 * number + 1) if number > OPEN else None,
        )
        for number in range(COMPLAINTS)
    )


def cases(busiest: Customer) -> list[Case]:
    """The pages of the product as they stand with the data at hand."""
    seen = Customer.objects.visible_to(User.objects.get_by_natural_key(STAFF))
    segment = Segment.objects.get(name="A customers")
    call = {"customer": str(busiest.pk), "kind": "call", "outcome": "held", "notes": NOTES}
    promise = {"next_in": "7", "next_title": "Send the price list", "next_is_promise": "on"}
    invitation = Invitation.objects.filter(response=None, revoked_at=None).order_by("-expires_at", "pk")[0]
    survey = Survey.objects.get()
    return [
        Case("Today", "list", "today"),
        Case("Today of a manager", "list", "today", person=MANAGER),
        Case("Customers, first page", "list", "customers"),
        Case("Customers, last page", "list", "customers", query=_last_page(seen)),
        Case("Customers, found by name", "list", "customers", query="?q=sj%C3%B6holm"),
        Case("Customers, none found", "list", "customers", query="?q=zzqqxx"),
        Case("Customers of a segment, overdue", "list", "customers", query=f"?segment={segment.pk}&attention=overdue"),
        Case("Customers at risk, longest quiet first", "list", "customers", query="?band=at_risk&sort=quiet"),
        Case("Customers, all, of a manager", "list", "customers", person=MANAGER),
        Case("Palette, a name is typed", "list", "find", query="?q=sj%C3%B6holm", htmx=True),
        Case("Palette, with a typing error", "list", "find", query="?q=lindqvst", htmx=True, person=MANAGER),
        Case("Palette, words of notes", "list", "find_notes", query="?q=standing+order", htmx=True),
        Case("Search page", "list", "find", query="?q=delivery"),
        Case("Portfolio", "list", "portfolio", person=MANAGER),
        Case("Messages", "list", "messages"),
        Case("Messages of a manager", "list", "messages", person=MANAGER),
        Case("Surveys", "list", "surveys"),
        Case("Answers to a survey", "list", "survey", (survey.pk,)),
        Case(_name_of(busiest), "record", "customer", (busiest.pk,)),
        Case("Its timeline, in place", "record", "customer_timeline", (busiest.pk,), htmx=True),
        Case("Log panel, in place", "form", "log", query=f"?customer={busiest.pk}", htmx=True),
        Case("Survey, as a customer sees it", "public", "survey_answer", (invitation.token,), person=""),
        Case("Log a call", "post", "log", form=call, htmx=True),
        Case("Log a call with a promise", "post", "log", form=call | promise, htmx=True),
    ]


def _name_of(customer: Customer) -> str:
    interactions, complaints = customer.interactions.count(), customer.complaints.count()
    promises = customer.follow_ups.filter(is_promise=True).count()
    return f"Customer, {interactions} interactions, {promises} promises, {complaints} complaints"


def _last_page(customers: Any) -> str:
    """Where the last page of the list begins: by key, as the page's own links say it."""
    row = customers.kept().order_by("-sort_key", "-pk")[50]
    place = base64.urlsafe_b64encode(json.dumps([row.sort_key, row.pk]).encode()).decode()
    return f"?after={place}"


def bare_pages(busiest: Customer) -> dict[str, Bare]:
    """The bare page of each kind."""
    survey = Survey.objects.get()
    form = {
        "kind": "call",
        "outcome": "held",
        "happened_at": "2026-11-26 09:00",
        "notes": "Talked about the open orders.",
    }
    return {
        "list": Bare(reverse("bare_list")),
        "record": Bare(reverse("bare_record", args=[busiest.pk])),
        "form": Bare(reverse("bare_form", args=[busiest.pk])),
        "public": Bare(reverse("bare_public", args=[survey.pk])),
        "post": Bare(reverse("bare_form", args=[busiest.pk]), form),
    }


def measure(port: int) -> list[dict[str, Any]]:
    """Figures for every page that there is."""
    busiest = busiest_customer()
    fill(busiest, clock.now())
    bare = bare_pages(busiest)
    people = {person.email: person for person in User.objects.filter(email__in=[STAFF, MANAGER])}
    browsers = {"": Browser(port), **{email: Browser(port, person) for email, person in people.items()}}
    found = []
    for case in cases(busiest):
        try:
            path = case.path
        except NoReverseMatch:
            continue
        found.append(asdict(_figures(case, path, bare[case.kind], browsers[case.person])))
        browsers[case.person].close()
    return found


def _figures(case: Case, path: str, bare: Bare, browser: Browser) -> Figures:
    for _ in range(WARM_UP):
        browser.ask(bare.path, bare.form)
        browser.ask(path, case.form, htmx=case.htmx)
    bares: list[Answer] = []
    answers: list[Answer] = []
    for _ in range(ROUNDS):
        bares.append(browser.ask(bare.path, bare.form))
        answers.append(browser.ask(path, case.form, htmx=case.htmx))
    times = sorted(answer.milliseconds for answer in answers)
    return Figures(
        name=case.name,
        kind=case.kind,
        median=statistics.median(times),
        p95=times[int(len(times) * 0.95)],
        bare=statistics.median(answer.milliseconds for answer in bares),
        queries=min(answer.queries for answer in answers),
        most_queries=max(answer.queries for answer in answers),
        size=round(statistics.mean(answer.size for answer in answers)),
        statuses=sorted({answer.status for answer in [*bares, *answers]}),
    )
