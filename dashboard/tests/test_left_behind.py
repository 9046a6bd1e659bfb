"""Nothing without an owner: what comes back to somebody who is gone is seen, and given away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from accounts.staffing import Responsibility, StillResponsible, deactivate
from customers.handing_over import hand_over, left_behind
from customers.importing.running import begin
from customers.models import Customer, OwnerChange
from customers.tests.importing import checked, work
from interactions.complaining import reopen
from interactions.models import Complaint, FollowUp
from outreach import merging
from outreach.removing import remove_customer, restore
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def leaving(teammate: User) -> User:
    return teammate


def leaves(person: User) -> None:
    person.refresh_from_db()
    deactivate(person)


def in_hand() -> dict[User, Responsibility]:
    return {row.person: row.in_hand for row in left_behind()}


def test_who_has_anything_in_hand_can_not_leave(leaving: User, customer: Customer) -> None:
    for made in (
        factories.customer(leaving),
        factories.follow_up(customer, assignee=leaving),
        factories.complaint(customer, owner=leaving),
    ):
        with pytest.raises(StillResponsible):
            leaves(leaving)
        made.delete()
    leaves(leaving)
    assert in_hand() == {}


def test_after_a_hand_over_nothing_is_left(leaving: User, owner: User, administrator: User) -> None:
    theirs = factories.customer(leaving)
    factories.follow_up(theirs)
    factories.complaint(theirs)
    hand_over(leaving, to=owner, by=administrator, at=NOW)
    leaves(leaving)
    assert in_hand() == {}


class TestWhatComesBack:
    """Each way by which something returns to somebody who is gone."""

    def test_a_customer_out_of_the_trash(self, leaving: User, manager: User) -> None:
        trashed = remove_customer(factories.customer(leaving), by=manager, at=NOW)
        assert trashed
        leaves(leaving)
        restore(trashed, at=NOW + HOUR)
        assert in_hand() == {leaving: Responsibility(1, 0, 0)}

    def test_a_customer_whose_merge_is_taken_back(self, leaving: User, customer: Customer, manager: User) -> None:
        theirs = factories.customer(leaving)
        factories.follow_up(theirs)
        done = merging.merge(customer, theirs, by=manager, at=NOW)
        FollowUp.objects.update(assignee=customer.owner)
        leaves(leaving)
        merging.undo(done, by=manager, at=NOW + HOUR)
        assert in_hand()[leaving].customers == 1

    def test_a_follow_up_that_is_opened_again(self, leaving: User, customer: Customer) -> None:
        task = factories.follow_up(customer, assignee=leaving, done_at=NOW, done_by=leaving)
        leaves(leaving)
        task.reopen()
        assert in_hand() == {leaving: Responsibility(0, 1, 0)}

    def test_a_complaint_that_was_not_put_right_after_all(self, leaving: User, customer: Customer) -> None:
        complaint = factories.complaint(customer, owner=leaving, answered_at=NOW, resolved_at=NOW, outcome="Sent")
        leaves(leaving)
        reopen(complaint, at=NOW + HOUR)
        assert Complaint.objects.open().get().owner == leaving
        assert in_hand() == {leaving: Responsibility(0, 0, 1)}

    def test_a_file_that_was_checked_before(self, leaving: User, manager: User) -> None:
        intake = checked(manager, f"Company,Owner\nKovács Kft,{leaving.email}\n")
        leaves(leaving)
        assert begin(intake)
        work()
        assert Customer.objects.get(name="Kovács Kft").owner == leaving
        assert in_hand() == {leaving: Responsibility(1, 0, 0)}


class TestThePage:
    @pytest.fixture
    def lost_sight_of(self, leaving: User) -> Customer:
        theirs = factories.customer(leaving)
        factories.follow_up(theirs)
        User.objects.filter(pk=leaving.pk).update(is_active=False)
        return theirs

    def test_managers_see_it_on_today_and_give_it_away_by_a_click(
        self, lost_sight_of: Customer, leaving: User, owner: User, manager: User, login: Login
    ) -> None:
        browser = login(manager)
        assert f'hx-get="{reverse("left_behind")}"' in browser.get(reverse("today")).content.decode()
        line = browser.get(reverse("left_behind"), headers={"HX-Request": "true"}).content.decode()
        assert "In nobody&#x27;s hands:" in line or "In nobody's hands:" in line
        assert "1 customer and 1 open follow-up" in line
        answer = browser.post(reverse("left_behind_give", args=[leaving.pk]), {"to": owner.pk}, follow=True)
        assert "Everything is in somebody" in answer.content.decode()
        assert Customer.objects.get().owner == FollowUp.objects.get().assignee == owner
        assert OwnerChange.objects.get().is_introduced == Company.current().introduces_owners
        assert not browser.get(reverse("left_behind"), headers={"HX-Request": "true"}).content.strip()

    @pytest.mark.parametrize("to", ["", "x", "999999", "9" * 30, "gone"])
    def test_nobody_is_no_colleague(
        self, lost_sight_of: Customer, leaving: User, manager: User, login: Login, to: str
    ) -> None:
        data = {"to": leaving.pk if to == "gone" else to}
        answer = login(manager).post(reverse("left_behind_give", args=[leaving.pk]), data, follow=True)
        assert "Choose a colleague who is here." in answer.content.decode()
        assert Customer.objects.get().owner == leaving

    def test_who_is_here_keeps_what_they_have(
        self, customer: Customer, owner: User, teammate: User, manager: User, login: Login
    ) -> None:
        login(manager).post(reverse("left_behind_give", args=[owner.pk]), {"to": teammate.pk})
        assert Customer.objects.get().owner == owner

    def test_it_costs_the_same_for_one_and_for_three(
        self, lost_sight_of: Customer, manager: User, login: Login
    ) -> None:
        from_one = _cost(login(manager))
        for number in range(2):
            gone = factories.user(name=f"Gone {number}")
            factories.customer(gone)
            User.objects.filter(pk=gone.pk).update(is_active=False)
        assert _cost(login(manager)) == from_one

    def test_the_line_of_staff_is_none_of_theirs(self, owner: User, login: Login) -> None:
        assert reverse("left_behind") not in login(owner).get(reverse("today")).content.decode()


def _cost(browser: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(reverse("left_behind")).status_code == 200
    return len(asked)
