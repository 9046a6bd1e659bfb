"""Bad news written down: whom it touches, seen before it is saved, and how each of them is to be told."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Channel, Customer, Stage
from interactions.models import FollowUp, How, Notice
from outreach.models import Message, State, Suppression
from outreach.planning import plan
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
NEW = "/messages/notices/new/"
TITLE = "New prices from 1 January"


def filled_in(**fields: Any) -> dict[str, Any]:
    return {
        "title": TITLE,
        "kind": "price",
        "words": "Three per cent more.",
        "tell_by": (TODAY + timedelta(days=5)).isoformat(),
        "how": How.MAIL,
        "key": str(uuid.uuid4()),
    } | fields


def of_owner(owner: User, **fields: Any) -> dict[str, Any]:
    return filled_in(whom="owner", owner=owner.pk, **fields)


def save(browser: Client, data: dict[str, Any]) -> Any:
    """Looks first, as a person does, and saves what was shown."""
    shown = browser.post(NEW, data).context["shown"]
    return browser.post(NEW, data | {"shown": shown})


def ways(response: Any) -> dict[str, dict[str, list[str]]]:
    """How each customer would be told, and why they are called."""
    return {
        how.value: {row.customer.name: [reason.value for reason in row.reasons] for row in rows}
        for how, rows in response.context["ways"]
    }


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    found: dict[str, list[str]] = response.context["form"].errors
    return found


# ---- Whom it touches ----


def test_nothing_is_saved_before_the_names_were_seen(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer)

    response = login(owner).post(NEW, of_owner(owner))

    assert "It touches 1 customer" in response.content.decode()
    assert "Lindqvist AB" in response.content.decode()
    assert not Notice.objects.exists()


def test_saving_gives_each_owner_a_task_by_the_day(owner: User, teammate: User, manager: User, login: Login) -> None:
    team = [factories.customer(owner), factories.customer(teammate)]
    factories.customer()

    response = save(login(manager), filled_in(whom="team", team=owner.team_id, how=How.CALL))

    notice = Notice.objects.get()
    assert response.headers["Location"] == reverse("notice", args=[notice.pk])
    assert (notice.title, notice.created_by, notice.created_at) == (TITLE, manager, NOW)
    tasks = FollowUp.objects.order_by("pk")
    assert {(task.customer, task.assignee) for task in tasks} == {(one, one.owner) for one in team}
    assert {(task.title, task.origin, task.is_promise) for task in tasks} == {(TITLE, "notice", False)}
    assert tasks[0].due_at.isoformat() == "2026-12-01T16:00:00+00:00"


def test_a_segment_means_those_the_person_may_change(owner: User, outsider: User, login: Login) -> None:
    segment = factories.segment()
    factories.customer(owner, name="Ours", segment=segment)
    factories.customer(owner, name="Gone", segment=segment, lost_on=TODAY)
    factories.customer(outsider, name="Theirs", segment=segment)
    Company.objects.update(visibility=Visibility.COMPANY)

    response = login(owner).post(NEW, filled_in(whom="segment", segment=segment.pk, how=How.CALL))

    assert ways(response)["call"] == {"Ours": []}


def test_customers_are_named_one_by_one(owner: User, login: Login) -> None:
    one, two = factories.customer(owner, name="Åkesson AB"), factories.customer(owner, name="Kovács Kft")
    names = f"\n  akesson ab \r\n\r\nKovács Kft #{two.pk}\nÅKESSON AB\n"

    response = login(owner).post(NEW, filled_in(whom="names", names=names, how=How.CALL))

    assert ways(response)["call"] == {one.name: [], two.name: []}


def test_a_name_nobody_or_two_have_is_said_and_nothing_is_lost(owner: User, outsider: User, login: Login) -> None:
    for _number in range(2):
        factories.customer(owner, name="Twice")
    factories.customer(outsider, name="Theirs")
    theirs = Customer.objects.get(name="Theirs")
    names = f"Twice\nTheirs\nTheirs #{theirs.pk}\nNobody #999999999999999999\n<b>{'x' * 300}"

    response = login(owner).post(NEW, filled_in(whom="names", names=names))

    said = errors(response)["names"]
    assert len(said) == 5
    assert "“Twice” fits more than one customer" in said[0]
    assert "None of your customers is called “Theirs”" in said[1]
    assert "Nobody #99" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"words": " "}, "words"),
        ({"words": "\x00"}, "words"),
        ({"kind": "gossip"}, "kind"),
        ({"how": "pigeon"}, "how"),
        ({"tell_by": "soon"}, "tell_by"),
        ({"tell_by": (TODAY - timedelta(days=1)).isoformat()}, "tell_by"),
        ({"tell_by": (TODAY + timedelta(days=400)).isoformat()}, "tell_by"),
        ({"whom": ""}, "whom"),
        ({"whom": "everybody"}, "whom"),
        ({"whom": "segment"}, "segment"),
        ({"whom": "team", "team": "9" * 30}, "team"),
        ({"whom": "names", "names": " \n"}, "names"),
        ({"key": "x"}, "key"),
    ],
)
def test_a_fault_is_named_at_its_field(
    owner: User, customer: Customer, login: Login, fields: dict[str, Any], field: str
) -> None:
    response = login(owner).post(NEW, of_owner(owner) | fields)

    assert field in errors(response)
    assert "Three per cent" in response.content.decode() or field == "words"


def test_nobody_of_another_team_can_be_chosen(owner: User, outsider: User, login: Login) -> None:
    factories.customer(outsider)

    assert "owner" in errors(login(owner).post(NEW, of_owner(outsider)))
    assert "team" in errors(login(owner).post(NEW, filled_in(whom="team", team=outsider.team_id)))


def test_who_has_no_customers_hears_so(owner: User, login: Login) -> None:
    assert "no customer of yours" in errors(login(owner).post(NEW, of_owner(owner)))["owner"][0]


def test_whom_nobody_saw_is_not_told(owner: User, customer: Customer, login: Login) -> None:
    data = of_owner(owner)
    shown = login(owner).post(NEW, data).context["shown"]
    factories.customer(owner)

    response = login(owner).post(NEW, data | {"shown": shown})

    assert "Something has changed" in response.content.decode()
    assert "2 customers" in response.content.decode()
    assert not Notice.objects.exists()


def test_a_double_click_makes_one_notice(owner: User, customer: Customer, login: Login) -> None:
    data = of_owner(owner)
    save(login(owner), data)
    save(login(owner), data)

    assert (Notice.objects.count(), FollowUp.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_notice(owner: User, customer: Customer, login: Login) -> None:
    data = of_owner(owner)
    data["shown"] = login(owner).post(NEW, data).context["shown"]
    browsers = [login(owner), login(owner)]

    assert at_once(lambda: browsers.pop().post(NEW, data).status_code, 2) == [302, 302]
    assert (Notice.objects.count(), FollowUp.objects.count()) == (1, 1)


def test_the_look_ahead_finds_only_ones_own(owner: User, outsider: User, customer: Customer, login: Login) -> None:
    factories.customer(outsider, name="Lindgren AB")

    found = login(owner).get("/messages/notices/new/find/", {"q": "lind"}).content.decode()

    assert f"Lindqvist AB #{customer.pk}" in found
    assert "Lindgren" not in found


# ---- How each is told ----


def test_nobody_is_told_by_mass_mail_who_should_be_called(owner: User, login: Login) -> None:
    def customer(name: str, contact: dict[str, Any] | None, **fields: Any) -> Customer:
        made = factories.customer(owner, name=name, **{"stage": Stage.FRIEND} | fields)
        if contact is not None:
            factories.contact(made, **contact)
        return made

    customer("Plain", {})
    customer("Close", {}, stage=Stage.ENGAGED)
    customer("Closest", {"preferred_channel": Channel.IN_PERSON}, stage=Stage.MARRIED)
    factories.complaint(customer("Cross", {}))
    customer("Caller", {"preferred_channel": Channel.PHONE})
    customer("Nobody", None)
    customer("No address", {"email": ""})
    customer("Alone", {"do_not_contact": True})
    customer("Quiet", {}, do_not_contact=True)
    customer("Came back", {"email": "Gone@Customer.example"})
    customer("No mail", {"email": "gone@customer..example"})
    Suppression.objects.suppress("gone@customer.example", "550 5.1.1", NOW)

    response = login(owner).post(NEW, of_owner(owner))

    assert ways(response) == {
        "in_person": {},
        "mail": {"Plain": []},
        "call": {
            "Alone": ["left_alone"],
            "Came back": ["no_mail"],
            "Caller": ["phone"],
            "Close": ["close"],
            "Closest": ["close", "in_person"],
            "Cross": ["complaint"],
            "No address": ["no_address"],
            "No mail": ["no_mail"],
            "Nobody": ["no_address"],
            "Quiet": ["left_alone"],
        },
    }
    assert "open complaint" in response.content.decode()


def test_who_is_called_anyway_needs_no_reason(owner: User, login: Login) -> None:
    factories.complaint(factories.customer(owner, name="Cross"))

    response = login(owner).post(NEW, of_owner(owner, how=How.IN_PERSON))

    assert ways(response)["in_person"] == {"Cross": []}


def test_a_mail_is_refused_where_none_can_be_taken(owner: User, customer: Customer, login: Login) -> None:
    contact = factories.contact(customer)
    row = factories.notice_for(customer, How.CALL)
    address = reverse("notice_how", args=[row.pk])
    assert "better address" not in login(owner).get(address).content.decode()
    Suppression.objects.suppress(contact.email, "550 5.1.1", NOW)

    shown = login(owner).get(address).content.decode()
    refused = login(owner).post(address, {"how": How.MAIL})

    assert "Ask for a better address." in shown
    assert reverse("contact_edit", args=[contact.pk]) in shown
    assert "Ask for a better address." in errors(refused)["how"][0]
    row.refresh_from_db()
    assert row.how == How.CALL
    assert login(owner).post(address, {"how": How.IN_PERSON}).status_code == 302


def test_who_got_a_mail_gets_no_second_one(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer)
    row = factories.notice_for(customer, How.MAIL, at=NOW - timedelta(hours=2))
    plan(at=NOW)
    Message.objects.update(state=State.FAILED, attempts=1)

    address = reverse("notice_how", args=[row.pk])
    refused = login(owner).post(address, {"how": How.MAIL})

    assert "none goes twice" in errors(refused)["how"][0]
    shown = login(owner).get(address).content.decode()
    assert "none goes twice" in shown
    assert "/contacts/" not in shown


def test_a_person_may_choose_another_way_for_one(owner: User, customer: Customer, login: Login) -> None:
    factories.contact(customer)
    row = factories.notice_for(customer, How.MAIL, at=NOW - timedelta(hours=2))
    plan(at=NOW)
    assert Message.objects.get(kind="notice").state == State.PLANNED
    address = reverse("notice_how", args=[row.pk])
    assert login(owner).get(address).context["form"]["how"].value() == How.MAIL

    response = login(owner).post(address, {"how": How.CALL}, headers=HTMX)

    assert "Lindqvist AB: Call" in response.content.decode()
    row.refresh_from_db()
    assert (row.how, row.how_since) == (How.CALL, NOW)
    message = Message.objects.get(kind="notice")
    assert (message.state, message.reason) == (State.CANCELLED, "told_otherwise")


def test_a_way_nobody_knows_is_refused(owner: User, customer: Customer, login: Login) -> None:
    row = factories.notice_for(customer)

    assert login(owner).post(reverse("notice_how", args=[row.pk]), {"how": "pigeon"}).status_code == 422
