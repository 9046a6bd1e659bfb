"""Recording an answer, and what a bad one sets in motion."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from pytest_django import Settings

from accounts.models import User
from customers.models import Customer
from interactions.models import FollowUp
from retention_crm.lib import text, tokens
from surveys.answering import AnswerRefusedError, open_invitation, record_answer
from surveys.models import Invitation, Opinion, Response
from surveys.tests.answer_page import scored
from tests import factories
from tests.factories import NOW

OLD_KEY = "the-key-of-last-year-0123456789-0123456789-0123456789-0123456789"


def answer(invitation: Invitation, score: int, comment: str = "", at: datetime = NOW) -> Response:
    return record_answer(invitation.pk, *scored(invitation, score, text.clean(comment)), at)


# ---- The link ----


def test_the_link_of_an_invitation_opens_it(invitation: Invitation) -> None:
    assert open_invitation(invitation.token, NOW) == invitation


def test_opening_takes_one_query_and_fetches_what_the_page_shows(
    invitation: Invitation, django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = open_invitation(invitation.token, NOW)
        assert found is not None
        assert found.contact.customer.owner.name == "Mia Berg"
        assert found.survey.name
        assert not hasattr(found, "response")


def test_a_link_works_until_its_last_moment(invitation: Invitation) -> None:
    assert open_invitation(invitation.token, invitation.expires_at - timedelta(microseconds=1)) is not None
    assert open_invitation(invitation.token, invitation.expires_at) is None


def test_a_withdrawn_link_does_not_open(invitation: Invitation) -> None:
    invitation.revoke(NOW)

    assert open_invitation(invitation.token, NOW) is None


def test_the_first_withdrawal_stands(invitation: Invitation) -> None:
    invitation.revoke(NOW)
    invitation.revoke(NOW + timedelta(hours=1))

    invitation.refresh_from_db()
    assert invitation.revoked_at == NOW


def test_a_token_for_another_purpose_does_not_open(invitation: Invitation) -> None:
    other = tokens.make("unsubscribe", invitation.pk, invitation.nonce)

    assert open_invitation(other, NOW) is None


def test_a_token_of_one_invitation_does_not_open_another(invitation: Invitation) -> None:
    other = factories.invitation()

    assert open_invitation(tokens.make("survey", other.pk, invitation.nonce), NOW) is None


def test_a_leaked_row_without_the_secret_key_opens_nothing(invitation: Invitation, settings: Settings) -> None:
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "a-key-somebody-guessed-0123456789-0123456789-0123456789"
    guessed = invitation.token
    settings.SECRET_KEY = key

    assert open_invitation(guessed, NOW) is None


def test_a_link_sent_before_the_key_was_changed_opens(invitation: Invitation, settings: Settings) -> None:
    key = settings.SECRET_KEY
    settings.SECRET_KEY = OLD_KEY
    old = invitation.token
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, [OLD_KEY]

    assert open_invitation(old, NOW) == invitation


@pytest.mark.parametrize("token", ["", "x", "A" * 28, "é" * 28, "\x00", "\ud800", "A" * 10_000])
def test_what_is_no_token_opens_nothing(db: None, token: str) -> None:
    assert open_invitation(token, NOW) is None


def test_an_invitation_that_was_deleted_opens_nothing(invitation: Invitation) -> None:
    token = invitation.token
    invitation.delete()

    assert open_invitation(token, NOW) is None


# ---- The answer ----


@pytest.mark.parametrize(
    ("score", "opinion"),
    [
        (0, Opinion.DETRACTOR),
        (6, Opinion.DETRACTOR),
        (7, Opinion.PASSIVE),
        (8, Opinion.PASSIVE),
        (9, Opinion.PROMOTER),
        (10, Opinion.PROMOTER),
    ],
)
def test_an_answer_is_recorded_with_what_it_means(invitation: Invitation, score: int, opinion: Opinion) -> None:
    answer(invitation, score, "Nobody called back")

    response = Response.objects.get()
    assert (response.score, response.comment, response.opinion) == (score, "Nobody called back", opinion)
    assert (response.answered_at, response.edited_at) == (NOW, None)
    assert (response.customer_id, response.contact_id) == (invitation.customer_id, invitation.contact_id)


def test_answering_again_within_a_day_edits(invitation: Invitation) -> None:
    answer(invitation, 9, "Good")
    later = NOW + timedelta(hours=23, minutes=59)
    answer(invitation, 7, "Well, fair", later)

    response = Response.objects.get()
    assert (response.score, response.comment) == (7, "Well, fair")
    assert (response.answered_at, response.edited_at) == (NOW, later)


def test_an_edit_does_not_prolong_the_day(invitation: Invitation) -> None:
    answer(invitation, 9)
    answer(invitation, 8, at=NOW + timedelta(hours=20))

    with pytest.raises(AnswerRefusedError):
        answer(invitation, 7, at=NOW + timedelta(hours=24))
    assert Response.objects.get().score == 8


def test_the_same_answer_sent_twice_is_no_edit(invitation: Invitation) -> None:
    answer(invitation, 9, "Good\r\nand well")
    answer(invitation, 9, "Good\nand well", NOW + timedelta(minutes=1))

    assert Response.objects.get().edited_at is None


def test_the_time_to_edit_ends_with_the_link(customer: Customer) -> None:
    invitation = factories.invitation(factories.contact(customer), expires_at=NOW + timedelta(hours=2))
    response = answer(invitation, 9)

    assert response.editable_until == NOW + timedelta(hours=2)
    assert not response.is_editable(NOW + timedelta(hours=2))


@pytest.mark.parametrize("fields", [{"expires_at": NOW}, {"revoked_at": NOW - timedelta(days=1)}])
def test_a_link_that_ended_since_the_page_was_opened_records_nothing(customer: Customer, fields: dict) -> None:  # type: ignore[type-arg]
    invitation = factories.invitation(factories.contact(customer), **fields)

    with pytest.raises(AnswerRefusedError):
        answer(invitation, 2)
    assert not Response.objects.exists()
    assert not FollowUp.objects.exists()


def test_an_answer_asks_for_a_new_risk(invitation: Invitation, customer: Customer) -> None:
    Customer.objects.update(risk_stale_since=None)
    answer(invitation, 9)

    customer.refresh_from_db()
    assert customer.risk_stale_since == NOW


def test_an_edit_asks_for_a_new_risk_and_the_same_answer_does_not(invitation: Invitation, customer: Customer) -> None:
    answer(invitation, 9)
    Customer.objects.update(risk_stale_since=None)
    answer(invitation, 9, at=NOW + timedelta(minutes=1))
    customer.refresh_from_db()
    assert customer.risk_stale_since is None

    answer(invitation, 3, at=NOW + timedelta(minutes=2))
    customer.refresh_from_db()
    assert customer.risk_stale_since == NOW + timedelta(minutes=2)


# ---- The follow-up ----


def test_a_detractor_is_to_be_called_by_the_owner(invitation: Invitation, owner: User) -> None:
    response = answer(invitation, 3)

    follow_up = FollowUp.objects.get()
    assert follow_up.title == "Call Amira Haddad: scored 3"
    assert follow_up.assignee == owner
    assert follow_up.customer_id == invitation.customer_id
    assert follow_up.origin == FollowUp.Origin.SURVEY
    assert follow_up.occasion == f"detractor:{response.pk}"
    assert not follow_up.is_promise
    assert follow_up.is_open


@pytest.mark.parametrize(("score", "opened"), [(0, 1), (6, 1), (7, 0), (10, 0)])
def test_only_a_detractor_opens_a_follow_up(invitation: Invitation, score: int, opened: int) -> None:
    answer(invitation, score)

    assert FollowUp.objects.count() == opened


@pytest.mark.parametrize(
    ("zone", "at", "due"),
    [
        ("Europe/Stockholm", NOW, NOW + timedelta(days=1)),
        # Still Thursday in UTC, Friday already in Tokyo.
        ("Asia/Tokyo", datetime(2026, 11, 26, 16, 0, tzinfo=UTC), datetime(2026, 11, 30, 0, 0, tzinfo=UTC)),
        # Friday in UTC, still Thursday in Honolulu.
        ("Pacific/Honolulu", datetime(2026, 11, 27, 5, 0, tzinfo=UTC), datetime(2026, 11, 28, 3, 0, tzinfo=UTC)),
    ],
)
def test_the_call_is_due_within_24_working_hours_by_the_owners_clock(
    invitation: Invitation, owner: User, zone: str, at: datetime, due: datetime
) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone=zone)
    answer(invitation, 3, at=at)

    assert FollowUp.objects.get().due_at == due


def test_an_owner_who_works_on_sundays_calls_on_sunday(invitation: Invitation, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(working_days=[6, 0, 1, 2, 3])
    answer(invitation, 3)

    assert FollowUp.objects.get().due_at == NOW + timedelta(days=3)


def test_edits_open_one_follow_up_only(invitation: Invitation) -> None:
    for minute, score in enumerate([3, 2, 9, 0, 6]):
        answer(invitation, score, at=NOW + timedelta(minutes=minute))

    assert FollowUp.objects.get().title == "Call Amira Haddad: scored 3"


def test_a_follow_up_stays_when_the_answer_gets_better(invitation: Invitation) -> None:
    answer(invitation, 3)
    answer(invitation, 10, at=NOW + timedelta(minutes=1))

    assert FollowUp.objects.get().is_open


def test_an_edit_from_passive_to_detractor_opens_one(invitation: Invitation) -> None:
    answer(invitation, 8)
    assert not FollowUp.objects.exists()
    answer(invitation, 5, at=NOW + timedelta(minutes=1))

    assert FollowUp.objects.get().title == "Call Amira Haddad: scored 5"


def test_a_follow_up_that_is_done_is_not_opened_again_by_an_edit(invitation: Invitation) -> None:
    answer(invitation, 3)
    FollowUp.objects.update(done_at=NOW)
    answer(invitation, 2, at=NOW + timedelta(minutes=1))

    assert not FollowUp.objects.get().is_open


def test_the_longest_name_fits_into_the_title(customer: Customer) -> None:
    invitation = factories.invitation(factories.contact(customer, name="Ж" * 200))
    answer(invitation, 0)

    title = FollowUp.objects.get().title
    assert title.endswith("…: scored 0")
    assert len(title) <= 200


def test_the_title_is_in_the_language_of_the_company_whatever_the_customer_speaks(invitation: Invitation) -> None:
    with translation.override("de"):
        answer(invitation, 4)

    assert FollowUp.objects.get().title == "Call Amira Haddad: scored 4"
