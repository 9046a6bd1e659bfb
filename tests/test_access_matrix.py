"""Every address × every role: the table in tests/access.py against the running product."""

import itertools
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Company, Role, Team, User, Visibility
from customers.models import ConsentKind, Customer, CustomField, HandOver, Tag
from dashboard.models import BulkChange, CalendarFeed, SavedView
from interactions.models import CheckInQuestion, Kind, Outcome, WishTopic
from outreach.agreeing import correction_token
from outreach.confirming import token_for
from outreach.models import Message, MessageKind
from outreach.preferences import preference_token
from outreach.unsubscribing import unsubscribe_token
from retention.models import Ending, Play
from retention_crm.lib import clock
from surveys.models import Question, Theme
from tests import access_rules, factories
from tests.access import PUBLIC, TABLE
from tests.access_rules import FORBIDDEN, FULL, HIDDEN, READ, ROLES, Access, Line, Side
from tests.sessions import browser_of, session_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# An id that is not there, no id at all, one past the end of the column, and one no column holds.
UNKNOWN_IDS = (999_999_999, 0, 2**63, 10**40)
REFUSALS = {403, 404, 405}
pytestmark = pytest.mark.django_db
each_line = pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)


def named_addresses() -> Iterator[str]:
    """Names of all addresses; one without a name is given as its path, so that it is found missing in the table."""
    waiting: list[URLPattern | URLResolver] = [get_resolver()]
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, URLPattern):
            yield pattern.name or f"unnamed {pattern.pattern}"
        else:
            waiting.extend(pattern.url_patterns)


def side_of(customer: Customer, team: Team, person: User) -> Side:
    contact = factories.contact(customer)
    invitation = factories.invitation(contact, expires_at=clock.now() + timedelta(days=1))
    news = factories.notice_for(customer)
    assert news.follow_up
    return Side(
        customer=customer,
        contact=contact,
        event=factories.dated_event(contact),
        detail=factories.detail(contact),
        interaction=(interaction := factories.interaction(customer, author=customer.owner)),
        document=factories.document(interaction),
        missed=factories.interaction(customer, kind=Kind.MEETING, outcome=Outcome.MISSED_BY_US),
        meeting=factories.meeting(customer, starts_at=clock.now() + timedelta(days=3)),
        follow_up=factories.follow_up(customer),
        complaint=factories.complaint(customer),
        wish=factories.wish(customer),
        wish_topic=WishTopic.named(f"Topic {customer.pk}"),
        play=Play.objects.create(name=f"Play {customer.pk}"),
        plan=(plan := factories.plan(customer)),
        plan_step=factories.plan_step(plan),
        planless=factories.customer(customer.owner),
        judgement=factories.judgement(customer),
        renewal=factories.renewal(customer),
        perk=factories.perk(customer),
        brought=factories.customer(customer.owner, referred_by=customer),
        loss=factories.loss(customer, ending=Ending.MISTAKE, ended_on=factories.TODAY),
        notice=news.notice,
        notice_for=news,
        notice_task=news.follow_up,
        invitation=invitation,
        response=factories.response(factories.invitation(contact)),
        message=Message.objects.create(
            occasion=f"matrix:{uuid.uuid4()}",
            kind=MessageKind.BIRTHDAY,
            customer=customer,
            contact=contact,
            due_at=factories.NOW,
            expires_at=factories.NOW,
            dated_at=factories.NOW,
        ),
        notification=factories.notification(customer.owner, customer),
        survey=invitation.survey,
        occasion=invitation.survey.occasions.all()[0],
        public_link=(public := factories.public_link(invitation.survey)),
        public_token=public.token,
        theme=Theme.objects.create(name=f"Theme {invitation.pk}"),
        question_key=Question.objects.filter(version__survey=invitation.survey)[0].key,
        segment=customer.segment,
        tag=Tag.objects.create(name=f"Tag {customer.pk}"),
        custom_field=CustomField.objects.create(name=f"Field {customer.pk}"),
        bulk_change=BulkChange.objects.create(
            action="owner",
            parameters={"id": customer.owner_id},
            words="Given",
            by=customer.owner,
            made_at=factories.NOW,
        ),
        saved_view=SavedView.objects.create(owner=customer.owner, name="View", query="q=x"),
        team=team,
        person=person,
        absence=factories.absence(person),
        intake=factories.intake(customer.owner),
        trashed=factories.trashed(customer),
        check_in=CheckInQuestion.objects.create(text="What do you need next?"),
        hand_over=HandOver.objects.create(person=person, to=customer.owner, by=person, at=factories.NOW),
        merge=factories.merged(customer),
        alike=factories.alike(customer, factories.customer(customer.owner)),
        correction=(correction := factories.correction(contact)),
        survey_token=invitation.token,
        recap_token=correction_token(correction.message_id),
        promise_token=token_for(factories.promise_mail(contact).pk),
        unsubscribe_token=unsubscribe_token(contact.pk, ConsentKind.GREETINGS),
        preference_token=preference_token(contact.pk),
        calendar_token=CalendarFeed.renew(customer.owner).token,
    )


@pytest.fixture(scope="module")
def people(kept: None) -> dict[str, User]:
    north, south = factories.team("North"), factories.team("South")
    return {
        "owner": factories.user(team=north),
        "teammate": factories.user(team=north),
        "outsider": factories.user(team=south),
        "manager": factories.user(Role.MANAGER, team=north),
        "administrator": factories.user(Role.ADMINISTRATOR),
    }


@pytest.fixture(scope="module")
def sides(people: dict[str, User]) -> dict[str, Side]:
    Company.objects.get_or_create(pk=1, defaults={"name": "Nordlicht AB"})
    person, south = factories.user(name="Nobody yet"), people["outsider"].team
    assert south is not None
    return {
        "own": side_of(factories.customer(people["owner"]), south, person),
        "foreign": side_of(factories.customer(people["outsider"]), south, person),
    }


@pytest.fixture(scope="module")
def sessions(people: dict[str, User]) -> dict[str, str]:
    """The keys of everybody's sessions, by role."""
    return {role: session_of(people[role]) for role in ROLES}


def ask(browser: Client, method: str, line: Line, arguments: list[Any], side: Side) -> int:
    url = reverse(line.name, args=arguments)
    response = browser.post(url, line.data(side)) if method == "POST" else browser.generic(method, url)
    return response.status_code


def expected(granted: Access, method: str, line: Line) -> set[int]:
    if granted is HIDDEN:
        return {404}
    if granted is FORBIDDEN or (granted is READ and (method == "POST" or line.changes_only)):
        return {403}
    return {line.ok} if method == "GET" else set(range(200, 500)) - REFUSALS


def check(line: Line, sessions: dict[str, str], sides: dict[str, Side]) -> None:
    """Every role of the sessions, side and method; each leaves the rows as they were, and the person logged in."""
    for role, side, method in itertools.product(sessions, sides, line.methods):
        wanted = expected(line.rule.access(role, side), method, line)
        browser = browser_of(sessions[role])
        with transaction.atomic():
            found = ask(browser, method, line, line.arguments(sides[side]), sides[side])
            transaction.set_rollback(True)
        assert found in wanted, f"{method} {line.name} of the {side} customer as {role}: {found}"


def test_the_table_and_the_addresses_name_each_other() -> None:
    addresses, lines = Counter(named_addresses()), Counter(line.name for line in TABLE)

    assert sorted(addresses - lines) == [], "add these addresses to the table in tests/access.py"
    assert sorted(lines - addresses) == [], "the table in tests/access.py names these once too often"


def test_public_pages_are_in_the_table() -> None:
    assert set(PUBLIC) <= {line.name for line in TABLE}


@each_line
def test_each_role_gets_what_the_table_says(line: Line, sides: dict[str, Side], sessions: dict[str, str]) -> None:
    check(line, sessions, sides)


@pytest.mark.parametrize(
    "line",
    [line for line in TABLE if line.rule is access_rules.CUSTOMER_DATA and line.args],
    ids=lambda line: line.name,
)
def test_who_sees_the_whole_company_still_changes_only_the_own_teams_customers(
    line: Line, sides: dict[str, Side], sessions: dict[str, str]
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    # Who saw and changed everything before is not asked again.
    several = {role: key for role, key in sessions.items() if role not in {"manager", "administrator"}}
    check(replace(line, rule=line.rule.when_all_are_visible()), several, sides)


@each_line
def test_who_is_not_logged_in_sees_only_public_pages(line: Line, sides: dict[str, Side], client: Client) -> None:
    side = sides["own"]
    url = reverse(line.name, args=line.arguments(side))
    for method in line.methods:
        if line.name in PUBLIC:
            assert ask(client, method, line, line.arguments(side), side) in {line.ok, 200, 302}
            continue
        for headers in ({}, {"HX-Request": "true"}):
            response = client.generic(method, url, headers=headers)
            to_login = response.headers.get("HX-Redirect") or response.headers.get("Location", "")
            assert response.status_code == 401 or to_login.startswith(reverse("login")), f"{method} {line.name}"


@each_line
def test_other_methods_are_refused(line: Line, sides: dict[str, Side], sessions: dict[str, str]) -> None:
    # A login page sends those who are logged in on, whatever they ask.
    browser, side = Client() if line.name in PUBLIC else browser_of(sessions["administrator"]), sides["own"]
    for method in METHODS:
        if method not in line.methods:
            assert ask(browser, method, line, line.arguments(side), side) == 405, f"{method} {line.name}"


@pytest.mark.parametrize("line", [line for line in TABLE if line.has_ids], ids=lambda line: line.name)
def test_an_id_nobody_has_is_not_found(line: Line, sides: dict[str, Side], sessions: dict[str, str]) -> None:
    browser, side = browser_of(sessions["administrator"]), sides["own"]
    for method, pk in itertools.product(line.methods, UNKNOWN_IDS):
        found = ask(browser, method, line, [pk for _name in line.args] + list(line.fixed), side)
        assert found == 404, f"{method} {line.name} {pk}: {found}"


@pytest.mark.parametrize("line", [line for line in TABLE if line.unknown], ids=lambda line: line.name)
def test_an_argument_nothing_has_is_not_found(line: Line, sides: dict[str, Side], sessions: dict[str, str]) -> None:
    browser, side = browser_of(sessions["administrator"]), sides["own"]
    for arguments in line.unknown:
        for method in line.methods:
            rows = [getattr(side, name).pk for name in line.args]
            assert ask(browser, method, line, rows + list(arguments), side) == 404, f"{method} {arguments}"


@pytest.mark.parametrize("granted", [FULL, READ])
def test_reading_is_what_the_line_says_and_changing_is_refused_to_readers(granted: Access) -> None:
    line = Line("any", access_rules.EVERYONE, methods=("GET", "POST"))

    assert expected(granted, "GET", line) == {200}
    assert (403 in expected(granted, "POST", line)) is (granted is READ)
    assert expected(READ, "GET", replace(line, changes_only=True)) == {403}
