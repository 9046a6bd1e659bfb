"""What the search at the top of every page answers: customers and contacts, notes, pages, and things to do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Contact, Customer
from customers.searching import search
from interactions.searching import Notes, notes_with
from retention_crm.lib import text
from retention_crm.lib.folding import Folded

MOST_CUSTOMERS = 6
MOST_NOTES = 4
MOST_NOTES_ON_PAGE = 50
# While somebody types, and when they asked for the page.
PATIENCE, PATIENCE_ON_PAGE = timedelta(milliseconds=50), timedelta(seconds=4)
SHORTEST = 2
LONGEST = 200


@dataclass(frozen=True)
class Place:
    """A page to go to, or something to do; `panel` opens it over the page where one is."""

    name: str
    label: Any
    icon: str
    managers_only: bool = False
    panel: bool = False

    @property
    def address(self) -> str:
        return reverse(self.name)


PAGES = (
    Place("today", _("Today"), "sun"),
    Place("customers", _("Customers"), "people"),
    Place("portfolio", _("Portfolio"), "bar-chart-line", managers_only=True),
    Place("promises", _("Promises"), "people"),
    Place("complaints", _("Complaints"), "people"),
    Place("wishes", _("Wishes"), "people"),
    Place("response_times", _("How quickly we answer"), "people"),
    Place("consistency", _("The same care for everybody"), "people"),
    Place("renewals", _("Renewals"), "people"),
    Place("expected_orders", _("Expected orders"), "people"),
    Place("brief", _("Customers given to you"), "people"),
    Place("kindness", _("A kindness"), "people"),
    Place("perks", _("Gestures and perks"), "people", managers_only=True),
    Place("referrals", _("Referrals"), "people", managers_only=True),
    Place("left_behind", _("In nobody's hands"), "people", managers_only=True),
    Place("messages", _("Messages"), "envelope"),
    Place("tomorrow", _("Tomorrow"), "envelope"),
    Place("notices", _("Bad news"), "envelope"),
    Place("surveys", _("Surveys"), "patch-question"),
    Place("bulk_changes", _("Changes of many"), "people"),
    Place("duplicates", _("Possible duplicates"), "people"),
    Place("settings", _("Settings"), "gear"),
    Place("tags", _("Tags"), "gear", managers_only=True),
    Place("custom_fields", _("Own fields"), "gear", managers_only=True),
    Place("segments", _("Segments"), "gear", managers_only=True),
    Place("people", _("People"), "gear", managers_only=True),
    Place("profile", _("My profile"), "person-circle"),
)
ACTIONS = (
    Place("log", _("Log a conversation"), "journal-plus", panel=True),
    Place("customer_new", _("Add a customer"), "plus-lg"),
    Place("notice_new", _("Tell customers bad news"), "plus-lg"),
    Place("survey_new", _("Add a survey"), "plus-lg", managers_only=True),
)


@dataclass(frozen=True)
class Found:
    """A customer, and the contact by whom it was found, if by one."""

    customer: Customer
    contact: Contact | None


@dataclass(frozen=True)
class Answers:
    """What there is for these words; `first` is the customer with whom something can be logged at once."""

    words: str
    customers: list[Found]
    more: bool
    pages: list[Place]
    actions: list[Place]

    @property
    def first(self) -> Customer | None:
        return self.customers[0].customer if self.customers else None

    @property
    def is_empty(self) -> bool:
        return not (self.customers or self.pages or self.actions)


def answers(written: str, user: User) -> Answers:
    """For what was typed so far, in a few queries; without anything the pages and what can be done."""
    words = text.clean_line(written)[:LONGEST]
    key = text.sort_key(words)
    customers: list[Found] = []
    if len(key) >= SHORTEST:
        named = Contact.objects.filter(deceased=False).alias(folded=Folded("name"))
        contacts = Prefetch("contacts", named.filter(folded__contains=Folded(Value(words))), to_attr="named")
        rows = search(Customer.objects.visible_to(user), words).select_related("owner").prefetch_related(contacts)
        customers = [
            Found(row, next(iter(getattr(row, "named")), None))  # noqa: B009 - prefetched
            for row in rows.order_by("sort_key", "pk")[: MOST_CUSTOMERS + 1]
        ]
    return Answers(
        words=words,
        customers=customers[:MOST_CUSTOMERS],
        more=len(customers) > MOST_CUSTOMERS,
        pages=_named(PAGES, key, user),
        actions=_named(ACTIONS, key, user),
    )


def notes(written: str, user: User, *, is_page: bool = False) -> Notes:
    """The newest notes with these words, a few at once or many on a page."""
    most, patience = (MOST_NOTES_ON_PAGE, PATIENCE_ON_PAGE) if is_page else (MOST_NOTES, PATIENCE)
    return notes_with(text.clean_line(written)[:LONGEST], user, most=most, patience=patience)


def _named(places: tuple[Place, ...], key: str, user: User) -> list[Place]:
    return [
        place
        for place in places
        if (user.is_manager or not place.managers_only) and key in text.sort_key(str(place.label))
    ]
