"""The one reminder of a survey: to whom, when, and what makes it needless."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Company
from customers.models import Contact
from outreach import gate
from outreach.composing import Composer
from outreach.models import Message, MessageKind, State
from outreach.planning import plan, running
from surveys.linking import answer_url
from surveys.models import Invitation
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def only_reminders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many runs on many days, of which nothing else is looked at."""
    reminder = MessageKind.REMINDER.value
    monkeypatch.setattr(running, "PLANNERS", {reminder: running.PLANNERS[reminder]})


def asked(at: datetime = NOW, **fields: object) -> Invitation:
    """An invitation whose mail was sent at that moment."""
    contact = factories.contact(time_zone="Asia/Tokyo")
    invitation = factories.invitation(contact, send_at=at, expires_at=at + 30 * DAY)
    about = {"kind": MessageKind.SURVEY, "occasion": f"invitation:{invitation.pk}", "invitation": invitation}
    factories.message(contact, **{**about, "due_at": at, "state": State.SENT, "finished_at": at, **fields})
    return invitation


def planned() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.REMINDER))


def run(first: float, last: float, hours: int = 12) -> None:
    """Plans every few hours from so many days after NOW until so many days after."""
    for number in range(int((last - first) * 24 / hours) + 1):
        plan(at=NOW + first * DAY + number * timedelta(hours=hours))


def test_comes_once_a_week_after_the_mail_was_sent_in_the_morning_by_their_clock(company: Company) -> None:
    invitation = asked()
    run(4, 20)
    (message,) = planned()
    assert message.occasion == f"reminder:{invitation.pk}:1"
    # The mail was sent at six in the evening of the 26th there.
    assert message.due_at == datetime(2026, 12, 4, 9, tzinfo=TOKYO)
    assert (message.contact, message.invitation) == (invitation.contact, invitation)


def test_has_the_same_link(company: Company) -> None:
    invitation = asked()
    run(6, 7)
    (loaded,) = gate.load([planned()[0].pk])
    mail = Composer(company=company, at=loaded.due_at).build(loaded)
    assert answer_url(invitation) in str(mail.body)
    assert invitation.survey.question in str(mail.body)


def test_a_late_run_still_reminds(company: Company) -> None:
    plan(at=NOW)
    asked()
    plan(at=NOW + 10 * DAY)
    (message,) = planned()
    assert message.due_at == datetime(2026, 12, 4, 9, tzinfo=TOKYO)


@pytest.mark.parametrize(("days", "count"), [(0, 0), (3, 1), (30, 0)])
def test_how_many_days_is_the_companys_choice_and_the_link_must_last(company: Company, days: int, count: int) -> None:
    Company.objects.update(survey_reminder_days=days)
    asked()
    run(1, 31, hours=24)
    assert len(planned()) == count


def test_nobody_is_reminded_of_what_is_answered_withdrawn_or_not_known_to_be_sent(company: Company) -> None:
    factories.response(asked())
    asked().revoke(NOW)
    asked(state=State.UNKNOWN)
    asked(state=State.HELD)
    Contact.objects.filter(pk=asked().contact_id).update(allows_surveys=False)
    run(5, 9)
    assert planned() == []


def test_the_link_must_leave_two_days_to_answer(company: Company) -> None:
    long, short = asked(), asked()
    due_at = datetime(2026, 12, 4, 9, tzinfo=TOKYO)
    Invitation.objects.filter(pk=long.pk).update(expires_at=due_at + 2 * DAY)
    Invitation.objects.filter(pk=short.pk).update(expires_at=due_at + 2 * DAY - timedelta(seconds=1))
    run(5, 9)
    assert [message.invitation for message in planned()] == [long]


def test_what_happens_after_planning_is_seen_at_the_gate(company: Company) -> None:
    answered, revoked, left = asked(), asked(), asked()
    run(6, 7)
    factories.response(answered)
    revoked.revoke(NOW)
    Contact.objects.filter(pk=left.contact_id).update(allows_surveys=False)
    messages = gate.load([message.pk for message in planned()])
    rulings = gate.check(messages, at=messages[0].due_at, company=company)
    assert {message.invitation: rulings[message.pk].rule for message in messages} == {
        answered: "answered",
        revoked: "no_longer_true",
        left: "no_consent",
    }


def test_the_invitation_itself_does_not_keep_the_reminder_back(company: Company) -> None:
    asked()
    run(6, 7)
    (message,) = gate.load([planned()[0].pk])
    assert gate.check([message], at=message.due_at, company=company) == {}


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_remind_once(company: Company) -> None:
    asked()
    at_once(lambda: plan(at=NOW + 7 * DAY), 2)
    assert len(planned()) == 1
