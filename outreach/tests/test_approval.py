"""Which messages wait for approval: the settings, and what planning makes of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Kind
from outreach.approving import ask_for, asked_for
from outreach.cancelling import cancel
from outreach.claiming import claim
from outreach.models import CUSTOMER_KINDS, Approval, Message, MessageKind, Sentence, State
from outreach.planning import plan
from outreach.sweeping import sweep
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
PAGE = "/settings/approvals/"


def states() -> dict[str, str]:
    return dict(Message.objects.filter(customer__isnull=False).values_list("kind", "state"))


@pytest.fixture
def everything(owner: User, company: Company) -> Customer:
    """A customer with a birthday tomorrow, a purchase, and a survey to answer."""
    factories.survey()
    customer = factories.customer(owner)
    contact = factories.contact(customer, birthday_month=11, birthday_day=27)
    factories.interaction(customer, kind=Kind.PURCHASE, contact=contact, created_at=NOW)
    return customer


class TestPlanning:
    def test_without_a_setting_all_goes_out_by_itself(self, everything: Customer) -> None:
        plan(at=NOW)
        assert states() == dict.fromkeys(("birthday", "thank_you", "survey"), "planned")

    @pytest.mark.parametrize("kind", ["birthday", "thank_you", "survey"])
    def test_a_kind_waits_for_all_segments(self, everything: Customer, kind: str) -> None:
        ask_for([(kind, None)])
        plan(at=NOW)
        assert states() == dict.fromkeys(("birthday", "thank_you", "survey"), "planned") | {kind: "proposed"}

    @pytest.mark.parametrize("kind", ["birthday", "thank_you", "survey"])
    def test_a_kind_waits_for_one_segment_and_not_for_another(self, everything: Customer, kind: str) -> None:
        ask_for([(kind, factories.segment().pk)])
        ask_for([(kind, everything.segment_id), (kind, factories.segment().pk)])
        other = factories.contact(factories.customer(), birthday_month=11, birthday_day=27)
        factories.interaction(other.customer, kind=Kind.PURCHASE, contact=other, created_at=NOW)
        plan(at=NOW)
        waiting = Message.objects.filter(state=State.PROPOSED)
        assert [(message.kind, message.customer) for message in waiting] == [(kind, everything)]
        assert Message.objects.filter(customer=other.customer, state=State.PLANNED).count() == 3

    def test_a_changed_setting_does_not_touch_what_is_planned(self, everything: Customer) -> None:
        plan(at=NOW)
        ask_for([("birthday", None)])
        plan(at=NOW + timedelta(minutes=1))
        assert states()["birthday"] == "planned"

    def test_a_corrected_birthday_moves_a_greeting_and_leaves_it_waiting(self, everything: Customer) -> None:
        ask_for([("birthday", None)])
        plan(at=NOW)
        ask_for([])
        Contact.objects.update(birthday_day=28)
        plan(at=NOW + timedelta(days=1))
        message = Message.objects.get(kind="birthday")
        assert (message.state, message.due_at.day) == (State.PROPOSED, 28)

    def test_a_greeting_approved_already_is_not_asked_about_again(self, everything: Customer) -> None:
        plan(at=NOW)
        ask_for([("birthday", None)])
        Contact.objects.update(birthday_day=28)
        plan(at=NOW + timedelta(days=1))
        assert states()["birthday"] == "planned"

    def test_a_consent_given_again_brings_it_back_to_wait(self, everything: Customer) -> None:
        ask_for([("birthday", None)])
        plan(at=NOW)
        greetings = Message.objects.filter(kind="birthday")
        assert cancel(greetings, reason="consent_withdrawn", why=Sentence("ended_by_link"), at=NOW) == 1
        plan(at=NOW)
        assert states()["birthday"] == "proposed"

    def test_planning_twice_proposes_once(self, everything: Customer) -> None:
        ask_for((kind, None) for kind in ("birthday", "thank_you", "survey"))
        plan(at=NOW)
        plan(at=NOW)
        assert states() == dict.fromkeys(("birthday", "thank_you", "survey"), "proposed")
        assert Message.objects.filter(state=State.PROPOSED).count() == 3


def test_what_waits_for_approval_is_never_taken_and_expires_in_time() -> None:
    late = factories.message(state=State.PROPOSED, expires_at=NOW)
    early = factories.message(state=State.PROPOSED, expires_at=NOW + timedelta(seconds=1))
    assert claim(at=NOW, limit=10) == {}
    assert sweep(at=NOW)["expired"] == 1
    assert sweep(at=NOW)["expired"] == 0
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.state, late.reason, early.state) == (State.EXPIRED, "too_late", State.PROPOSED)


class TestPage:
    def test_what_is_ticked_is_kept_and_shown(self, manager: User, company: Company, login: Login) -> None:
        segment = factories.segment(name="Key accounts")
        factories.segment(name="Others")
        browser = login(manager)
        answer = browser.post(PAGE, {"cell": ["birthday:all", f"survey:{segment.pk}"]}, follow=True)
        assert asked_for() == {("birthday", None), ("survey", segment.pk)}
        assert "from now on" in answer.content.decode()
        ticked = [cell["value"] for row in answer.context["rows"] for cell in row["cells"] if cell["is_ticked"]]
        assert ticked == ["birthday:all", f"survey:{segment.pk}"]
        browser.post(PAGE, {"cell": ["birthday:all"]})
        browser.post(PAGE, {"cell": ["birthday:all"]})
        assert asked_for() == {("birthday", None)}
        browser.post(PAGE)
        assert asked_for() == set()

    @pytest.mark.parametrize(
        "junk", ["", "birthday", "birthday:", ":all", "nothing:all", "overdue_digest:all", "birthday:0", "birthday:-1"]
    )
    def test_junk_is_left_out(self, manager: User, company: Company, login: Login, junk: str) -> None:
        assert login(manager).post(PAGE, {"cell": [junk, f"birthday:{'9' * 40}", "birthday:\x00"]}).status_code == 302
        assert asked_for() == set()

    def test_a_segment_that_goes_takes_its_setting_along(self) -> None:
        segment = factories.segment()
        ask_for([("birthday", segment.pk)])
        segment.delete()
        assert not Approval.objects.exists()

    def test_staff_change_nothing(self, owner: User, company: Company, login: Login) -> None:
        assert login(owner).post(PAGE, {"cell": ["birthday:all"]}).status_code == 403
        assert asked_for() == set()

    @pytest.mark.parametrize("segments", [1, 3])
    def test_costs_the_same_for_any_number_of_segments(
        self, manager: User, company: Company, login: Login, segments: int, django_assert_num_queries: Any
    ) -> None:
        for _number in range(segments):
            factories.segment()
        browser = login(manager)
        # Session, person, settings, segments.
        with django_assert_num_queries(5):
            browser.get(PAGE)


def test_every_kind_to_customers_can_be_made_to_wait(company: Company) -> None:
    ask_for((kind, None) for kind in MessageKind)
    assert {kind for kind, _segment in asked_for()} == set(CUSTOMER_KINDS)
