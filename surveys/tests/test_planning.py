"""Who is invited to a survey, when, and who is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company
from customers.models import Contact, Customer
from interactions.models import Interaction, Kind, Outcome
from surveys.answering import open_invitation
from surveys.models import Invitation, Occasion, Survey
from surveys.planning import invite
from tests import factories
from tests.factories import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def survey(company: Company) -> Survey:
    return factories.survey(name="Relationship")


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def event(of: Customer, kind: str = Kind.MEETING, created_at: datetime = NOW, **fields: Any) -> Interaction:
    fields.setdefault("happened_at", created_at)
    return factories.interaction(of, kind=kind, created_at=created_at, **fields)


def plan(at: datetime = NOW + HOUR, since: datetime = NOW - DAY, until: datetime | None = None, **changes: Any) -> int:
    """Plans with the company's settings and these changes to them."""
    Company.objects.update(**changes)
    return invite(since=since, until=until or at, at=at, company=Company.current())


# ---- Which events ----


@pytest.mark.parametrize("kind", [Kind.MEETING, Kind.VISIT, Kind.PURCHASE])
def test_after_these_the_contact_is_asked(amira: Contact, survey: Survey, kind: str) -> None:
    trigger = event(amira.customer, kind, contact=amira)

    assert plan() == 1
    invitation = Invitation.objects.get()
    assert invitation.survey == survey
    assert (invitation.contact, invitation.customer) == (amira, amira.customer)
    assert invitation.trigger == trigger
    assert invitation.revoked_at is None


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.EMAIL, Kind.MESSAGE, Kind.GESTURE])
def test_after_these_nobody_is_asked(amira: Contact, kind: str) -> None:
    event(amira.customer, kind, contact=amira)

    assert plan() == 0


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.MISSED_BY_US, Outcome.MISSED_BY_THEM])
def test_a_meeting_that_was_not_held_asks_nobody(amira: Contact, outcome: str) -> None:
    event(amira.customer, contact=amira, outcome=outcome)

    assert plan() == 0


@pytest.mark.parametrize(
    ("stopped", "kind", "asked"),
    [
        ("meeting", Kind.MEETING, 0),
        ("meeting", Kind.VISIT, 0),
        ("meeting", Kind.PURCHASE, 1),
        ("purchase", Kind.PURCHASE, 0),
        ("purchase", Kind.MEETING, 1),
    ],
)
def test_the_survey_says_after_what_it_asks(amira: Contact, stopped: str, kind: str, asked: int) -> None:
    event(amira.customer, kind, contact=amira)
    Occasion.objects.filter(kind=stopped).update(is_active=False)

    assert plan() == asked


def test_a_survey_that_asks_after_nothing_asks_nobody(amira: Contact) -> None:
    event(amira.customer, contact=amira)
    Occasion.objects.update(is_active=False)

    assert plan() == 0


# ---- The window ----


def test_the_window_begins_with_its_first_moment_and_ends_before_its_last(amira: Contact) -> None:
    for offset in (-1, 0, 1):
        event(factories.contact().customer, created_at=NOW + offset * HOUR)

    assert plan(since=NOW, until=NOW + HOUR) == 1
    assert Invitation.objects.get().trigger.created_at == NOW  # type: ignore[union-attr]


def test_two_windows_side_by_side_ask_each_once(amira: Contact) -> None:
    for minutes in range(0, 120, 20):
        event(factories.contact().customer, created_at=NOW + timedelta(minutes=minutes))

    assert plan(since=NOW, until=NOW + HOUR, at=NOW + HOUR) == 3
    assert plan(since=NOW + HOUR, until=NOW + 2 * HOUR, at=NOW + 2 * HOUR) == 3
    assert plan(since=NOW, until=NOW + 2 * HOUR, at=NOW + 2 * HOUR) == 0


def test_planning_again_asks_nobody_again(amira: Contact) -> None:
    event(amira.customer, contact=amira)

    assert [plan(), plan(), plan(at=NOW + DAY)] == [1, 0, 0]


def test_a_run_that_comes_36_hours_late_catches_up_and_is_due_as_it_would_have_been(amira: Contact) -> None:
    event(amira.customer, contact=amira)

    assert plan(at=NOW + 36 * HOUR) == 1
    assert Invitation.objects.get().send_at == NOW + 2 * HOUR


def test_an_imported_history_asks_nobody(amira: Contact) -> None:
    for days in range(8, 400, 30):
        event(amira.customer, contact=amira, happened_at=NOW - days * DAY)

    assert plan() == 0


def test_an_event_of_the_last_seven_days_entered_today_is_asked_about(amira: Contact) -> None:
    event(amira.customer, contact=amira, happened_at=NOW - 6 * DAY)

    assert plan() == 1


def test_seven_days_is_the_limit(amira: Contact) -> None:
    event(amira.customer, contact=amira, happened_at=NOW + HOUR - 7 * DAY)

    assert plan(at=NOW + HOUR) == 0


def test_what_is_still_to_come_is_not_asked_about(amira: Contact) -> None:
    event(amira.customer, contact=amira, happened_at=NOW + 2 * HOUR)

    assert plan(at=NOW + HOUR) == 0


def test_a_day_of_an_imported_history_can_be_planned(amira: Contact) -> None:
    day = datetime(2011, 6, 15, 12, 0, tzinfo=UTC)
    recent = event(amira.customer, Kind.PURCHASE, happened_at=day - HOUR)
    event(factories.contact().customer, Kind.PURCHASE, happened_at=day + HOUR)
    event(factories.contact().customer, Kind.PURCHASE, happened_at=day - 8 * DAY)

    assert plan(at=day, since=datetime.min.replace(tzinfo=UTC), until=NOW + DAY) == 1
    invitation = Invitation.objects.get()
    assert invitation.trigger == recent
    assert invitation.send_at == day + HOUR
    assert invitation.expires_at == day + HOUR + 30 * DAY
    assert invitation.created_at == day


def test_a_day_of_long_ago_does_not_get_in_the_way_of_today(amira: Contact) -> None:
    day = datetime(2011, 6, 15, 12, 0, tzinfo=UTC)
    event(amira.customer, Kind.PURCHASE, contact=amira, happened_at=day)
    event(amira.customer, contact=amira)

    assert plan(at=day, since=datetime.min.replace(tzinfo=UTC), until=NOW + DAY) == 1
    assert plan() == 1


# ---- When ----


@pytest.mark.parametrize("hours", [0, 2, 336])
def test_the_delay_counts_from_the_event(amira: Contact, hours: int) -> None:
    event(amira.customer, contact=amira)
    Occasion.objects.update(delay_hours=hours)
    plan()
    plan(at=NOW + hours * HOUR - 36 * HOUR)

    assert Invitation.objects.get().send_at == NOW + hours * HOUR


def test_what_was_entered_late_is_asked_about_at_once_and_not_in_the_past(amira: Contact) -> None:
    event(amira.customer, contact=amira, happened_at=NOW - 3 * DAY)
    plan()

    assert Invitation.objects.get().send_at == NOW


def test_the_link_works_as_long_as_the_company_says(amira: Contact) -> None:
    event(amira.customer, contact=amira)
    plan(survey_valid_days=14)

    invitation = Invitation.objects.get()
    assert invitation.expires_at == invitation.send_at + 14 * DAY
    assert open_invitation(invitation.token, invitation.send_at) == invitation


def test_each_invitation_has_a_nonce_of_its_own(company: Company) -> None:
    for _number in range(5):
        event(factories.contact().customer)
    plan()

    nonces = set(Invitation.objects.values_list("nonce", flat=True))
    assert len(nonces) == 5
    assert {len(nonce) for nonce in nonces} == {32}


# ---- Who ----


def test_who_was_there_is_asked_rather_than_the_main_contact(amira: Contact) -> None:
    other = factories.contact(amira.customer, name="Yusuf Haddad")
    event(amira.customer, contact=other)
    plan()

    assert Invitation.objects.get().contact == other


def test_without_a_name_the_main_contact_is_asked(amira: Contact) -> None:
    factories.contact(amira.customer)
    event(amira.customer)
    plan()

    assert Invitation.objects.get().contact == amira


def test_a_customer_without_a_main_contact_is_not_asked(customer: Customer) -> None:
    factories.contact(customer, is_primary=False)
    event(customer)

    assert plan() == 0


@pytest.mark.parametrize(
    "fields", [{"email": ""}, {"allows_surveys": False}, {"do_not_contact": True}, {"deceased": True}]
)
@pytest.mark.parametrize("named", [True, False])
def test_who_cannot_or_will_not_be_asked_is_not(amira: Contact, fields: dict[str, Any], named: bool) -> None:
    Contact.objects.filter(pk=amira.pk).update(**fields)
    event(amira.customer, contact=amira if named else None)

    assert plan() == 0


def test_nobody_else_is_asked_instead_of_a_guest_who_does_not_want_to(amira: Contact) -> None:
    event(amira.customer, contact=factories.contact(amira.customer, allows_surveys=False))

    assert plan() == 0


@pytest.mark.parametrize("fields", [{"do_not_contact": True}, {"lost_on": NOW.date()}])
def test_customers_who_left_or_want_quiet_are_not_asked(amira: Contact, fields: dict[str, Any]) -> None:
    Customer.objects.update(**fields)
    event(amira.customer, contact=amira)

    assert plan() == 0


def test_who_refused_other_mails_is_still_asked(amira: Contact) -> None:
    Contact.objects.update(allows_greetings=False, allows_thanks=False)
    event(amira.customer, contact=amira)

    assert plan() == 1


# ---- With which survey ----


def test_without_a_survey_in_use_nobody_is_asked(amira: Contact) -> None:
    Survey.objects.update(is_active=False)
    event(amira.customer, contact=amira)

    assert plan() == 0


def test_of_two_surveys_about_the_same_the_one_that_asked_first_goes_on(amira: Contact, survey: Survey) -> None:
    Survey.objects.update(is_active=False)
    used = factories.survey(name="Z")
    factories.survey(name="A")
    event(amira.customer, contact=amira)
    plan()

    assert Invitation.objects.get().survey == used
    assert plan() == 0


# ---- Not too often ----


def test_several_events_of_one_contact_make_one_invitation_for_the_earliest(amira: Contact) -> None:
    event(amira.customer, contact=amira, happened_at=NOW - HOUR)
    first = event(amira.customer, Kind.PURCHASE, contact=amira, happened_at=NOW - 3 * HOUR)
    event(amira.customer, contact=amira, happened_at=NOW - 2 * HOUR)

    assert plan() == 1
    assert Invitation.objects.get().trigger == first


def test_events_at_the_same_moment_make_one_invitation_for_the_first_entered(amira: Contact) -> None:
    first, _second = event(amira.customer, contact=amira), event(amira.customer, contact=amira)
    plan()

    assert Invitation.objects.get().trigger == first


def test_two_contacts_of_a_customer_are_asked_each(amira: Contact) -> None:
    event(amira.customer, contact=amira)
    event(amira.customer, contact=factories.contact(amira.customer))

    assert plan() == 2


@pytest.mark.parametrize(("days", "asked"), [(0, 0), (88, 0), (90, 1), (200, 1)])
def test_the_cool_down_holds_to_the_day(amira: Contact, days: float, asked: int) -> None:
    factories.invitation(amira, send_at=NOW + 2 * HOUR - timedelta(days=days))
    event(amira.customer, contact=amira)

    assert plan() == asked


def test_the_cool_down_is_the_companys(amira: Contact) -> None:
    factories.invitation(amira, send_at=NOW - 10 * DAY)
    event(amira.customer, contact=amira)

    assert plan(survey_cooldown_days=13) == 0
    assert plan(survey_cooldown_days=10) == 1


def test_the_cool_down_counts_all_surveys(amira: Contact) -> None:
    factories.invitation(amira, survey=factories.survey(), send_at=NOW - 10 * DAY)
    event(amira.customer, contact=amira)

    assert plan() == 0


def test_the_cool_down_is_each_contacts_own(amira: Contact) -> None:
    factories.invitation(factories.contact(amira.customer), send_at=NOW - DAY)
    event(amira.customer, contact=amira)

    assert plan() == 1


def test_an_invitation_already_planned_for_later_counts(amira: Contact) -> None:
    factories.invitation(amira, send_at=NOW + 10 * DAY)
    event(amira.customer, contact=amira)

    assert plan() == 0


def test_an_event_shortly_before_the_end_of_the_cool_down_is_asked_about_at_its_end(amira: Contact) -> None:
    factories.invitation(amira, send_at=NOW - 90 * DAY + HOUR)
    first = event(amira.customer, contact=amira, happened_at=NOW - 2 * HOUR, created_at=NOW - 2 * HOUR)
    event(amira.customer, contact=amira)

    assert [plan(), plan()] == [1, 0]
    made = Invitation.objects.latest("pk")
    assert (made.trigger, made.send_at) == (first, NOW + HOUR)


def test_it_takes_a_fixed_number_of_queries(company: Company, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        event(factories.contact().customer)
    current = Company.current()

    with django_assert_num_queries(4):  # whether any survey asks, lock, queue, invitations
        assert invite(since=NOW - DAY, until=NOW + HOUR, at=NOW + HOUR, company=current) == 3
