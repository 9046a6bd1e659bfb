"""Adding and changing customers: who may, what follows from it, and what people really type."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Segment
from interactions.models import Interaction
from tests import factories

type Login = Callable[[User], Client]
NASTY = ['O\'Neil & "Söhne" <b>', "🦊 Fox & Co", "شركة الحداد", "株式会社 田中", "{{ 7|add:1 }}", "a" * 200]


@pytest.fixture
def segment(company: Company) -> Segment:
    return factories.segment(cadence_days=30, name="Key customers")


def typed(owner: User, segment: Segment, /, **changes: Any) -> dict[str, Any]:
    """What the form of a new customer sends."""
    return {
        "name": "Ito Trading",
        "owner": owner.pk,
        "segment": segment.pk,
        "stage": "friend",
        "customer_since": "2026-01-10",
        "language": "ja",
        "time_zone": "Asia/Tokyo",
        "cadence_days": "",
        "care_note": "",
        **changes,
    }


def add(browser: Client, data: dict[str, Any]) -> Any:
    return browser.post(reverse("customer_new"), data)


def edit(browser: Client, customer: Customer, data: dict[str, Any]) -> Any:
    return browser.post(reverse("customer_edit", args=[customer.pk]), data)


def errors(response: Any, form: str = "form") -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context[form].errors
    return found


def test_a_new_customer_is_kept_and_due_by_the_cadence_of_its_segment(
    login: Login, owner: User, segment: Segment
) -> None:
    response = add(login(owner), typed(owner, segment))

    customer = Customer.objects.get()
    assert response.headers["Location"] == reverse("customer", args=[customer.pk])
    assert (customer.name, customer.sort_key, customer.owner) == ("Ito Trading", "ito trading", owner)
    assert customer.next_due_on == date(2026, 1, 10) + timedelta(days=30)
    assert customer.risk_stale_since is not None


def test_an_own_cadence_goes_before_the_segments(login: Login, owner: User, segment: Segment) -> None:
    add(login(owner), typed(owner, segment, cadence_days="7"))

    assert Customer.objects.get().next_due_on == date(2026, 1, 17)


def test_the_form_begins_with_what_is_likely(login: Login, owner: User, segment: Segment) -> None:
    Company.objects.update(time_zone="Pacific/Auckland")

    initial = login(owner).get(reverse("customer_new")).context["form"].initial

    assert (initial["owner"], initial["segment"]) == (owner.pk, segment)
    assert (initial["time_zone"], initial["customer_since"]) == ("Pacific/Auckland", owner.today())


def test_the_first_contact_is_the_main_one(login: Login, owner: User, segment: Segment) -> None:
    contact = {"contact-name": "Kenji Ito", "contact-email": "kenji@ito.example"}

    add(
        login(owner),
        typed(owner, segment, **contact, **{"contact-preferred_channel": "phone", "contact-tone": "formal"}),
    )

    found = Customer.objects.get().contacts.get()
    assert (found.name, found.email, found.is_primary) == ("Kenji Ito", "kenji@ito.example", True)
    assert found.preferred_channel == "phone"


def test_no_contact_is_made_when_nothing_about_one_is_typed(login: Login, owner: User, segment: Segment) -> None:
    untouched = {"contact-preferred_channel": "email", "contact-tone": "formal", "contact-name": ""}

    add(login(owner), typed(owner, segment, **untouched))

    assert Customer.objects.get().contacts.count() == 0


def test_a_contact_without_a_name_is_asked_for_it_and_nothing_is_half_saved(
    login: Login, owner: User, segment: Segment
) -> None:
    response = add(login(owner), typed(owner, segment, **{"contact-email": "kenji@ito.example"}))

    assert "name" in errors(response, "first")
    assert 'value="kenji@ito.example"' in response.content.decode()
    assert not Customer.objects.exists()


def test_messages_of_both_forms_show_at_once(login: Login, owner: User, segment: Segment) -> None:
    response = add(login(owner), typed(owner, segment, name="", **{"contact-email": "not an address"}))

    assert "name" in errors(response)
    assert {"name", "email"} <= errors(response, "first").keys()


@pytest.mark.parametrize("name", NASTY)
def test_names_of_all_kinds_are_kept_as_typed(login: Login, owner: User, segment: Segment, name: str) -> None:
    response = add(login(owner), typed(owner, segment, name=name))

    customer = Customer.objects.get()
    assert customer.name == name
    page = login(owner).get(response.headers["Location"]).content.decode()
    assert "<b>" not in page.replace("<bdi>", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "\x00"),
        ("name", "Ito\x00Trading"),
        ("name", "\u202e"),
        ("name", "a" * 201),
        ("name", "a" * 1_000_000),
        ("owner", ""),
        ("owner", "0"),
        ("owner", str(2**63)),
        ("owner", "\x00"),
        ("segment", "999999"),
        ("stage", "divorced"),
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("time_zone", "\x00"),
        ("country", "XX"),
        ("country", "\x00"),
        ("customer_since", ""),
        ("customer_since", "31.02.2026"),
        ("customer_since", "2026-02-31"),
        ("customer_since", "0001-01-01"),
        ("customer_since", "9999-12-31"),
        ("customer_since", "tomorrow"),
        ("customer_since", "\x00"),
        ("cadence_days", "0"),
        ("cadence_days", "-5"),
        ("cadence_days", "3651"),
        ("cadence_days", "9" * 5000),
        ("cadence_days", "two weeks"),
        ("care_note", "a" * 1001),
        ("care_note", "word " * 200_000),
        ("care_note", "\x00"),
    ],
    ids=range(34),
)
def test_bad_input_gets_a_message_at_the_field_and_everything_typed_comes_back(
    login: Login, owner: User, segment: Segment, field: str, value: str
) -> None:
    response = add(login(owner), typed(owner, segment, **{field: value}))

    assert set(errors(response)) == {field}
    assert response.context["form"][field].value() == value
    assert response.context["form"].fields[field].widget.attrs["autofocus"]
    assert 'value="2026-01-10"' in response.content.decode() or field == "customer_since"
    assert not Customer.objects.exists()


def test_a_browser_never_cuts_off_what_is_pasted(login: Login, owner: User, segment: Segment) -> None:
    assert "maxlength" not in login(owner).get(reverse("customer_new")).content.decode().split("<main")[1]


def test_staff_give_customers_to_their_team_only(
    login: Login, owner: User, teammate: User, outsider: User, segment: Segment
) -> None:
    browser = login(owner)

    assert "owner" in errors(add(browser, typed(outsider, segment)))
    assert add(browser, typed(teammate, segment)).status_code == 302
    assert Customer.objects.get().owner == teammate


def test_managers_give_customers_to_everybody_who_is_active(
    login: Login, manager: User, outsider: User, segment: Segment
) -> None:
    gone = factories.user(is_active=False)

    assert "owner" in errors(add(login(manager), typed(gone, segment)))
    assert add(login(manager), typed(outsider, segment)).status_code == 302


def test_without_a_segment_the_form_says_what_is_missing(login: Login, owner: User, company: Company) -> None:
    response = login(owner).post(reverse("customer_new"), {"name": "Ito"})

    assert "segment" in errors(response)


def test_a_customer_may_keep_the_holidays_of_a_country_of_its_own(login: Login, owner: User, segment: Segment) -> None:
    add(login(owner), typed(owner, segment, country="JP"))
    customer = Customer.objects.get()
    assert customer.country == "JP"

    edit(login(owner), customer, typed(owner, segment, country=""))
    customer.refresh_from_db()
    assert customer.country == ""


def test_a_change_of_cadence_moves_the_due_day_at_once(login: Login, owner: User, segment: Segment) -> None:
    customer = factories.customer(owner, segment=segment)
    factories.interaction(customer)
    slow = factories.segment(cadence_days=90)
    Customer.objects.update(risk_stale_since=None)

    edit(login(owner), customer, typed(owner, slow))

    customer.refresh_from_db()
    assert customer.next_due_on == factories.TODAY + timedelta(days=90)
    assert customer.risk_stale_since is not None


def test_an_edit_does_not_undo_a_touchpoint_logged_meanwhile(
    login: Login, owner: User, segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = factories.customer(owner, segment=segment)
    read = Customer.from_db.__func__  # type: ignore[attr-defined]
    pending = [lambda: factories.interaction(customer)]

    def log_after_reading(cls: type[Customer], *args: Any, **kwargs: Any) -> Customer:
        row: Customer = read(cls, *args, **kwargs)
        if pending and row.pk == customer.pk:
            pending.pop()()
        return row

    monkeypatch.setattr(Customer, "from_db", classmethod(log_after_reading))
    edit(login(owner), customer, typed(owner, segment, name="Renamed"))

    customer.refresh_from_db()
    assert (customer.name, customer.sort_key) == ("Renamed", "renamed")
    assert customer.last_touchpoint_at == Interaction.objects.get().happened_at
    assert customer.next_due_on == factories.TODAY + timedelta(days=30)


def test_the_owner_stays_a_choice_when_staff_may_not_give_to_that_person(
    login: Login, owner: User, teammate: User, manager: User, segment: Segment
) -> None:
    gone = factories.user(team=owner.team, is_active=False)
    customer = factories.customer(gone, segment=segment)

    assert edit(login(owner), customer, typed(gone, segment, name="Kept")).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.owner) == ("Kept", gone)


def test_do_not_contact_ends_being_due(login: Login, owner: User, segment: Segment) -> None:
    customer = factories.customer(owner, segment=segment)

    edit(login(owner), customer, typed(owner, segment, do_not_contact="on"))

    assert Customer.objects.overdue(on=date(2030, 1, 1)).count() == 0


def test_a_customer_is_marked_as_lost_and_won_back(login: Login, owner: User, segment: Segment) -> None:
    customer = factories.customer(owner, segment=segment)
    browser, url = login(owner), reverse("customer_lost", args=[customer.pk])

    assert "Mark as lost" in browser.get(url).content.decode()
    browser.post(url, {"answer": "lost"})
    customer.refresh_from_db()
    assert customer.lost_on == owner.today()
    assert customer.risk_stale_since is not None
    assert Customer.objects.kept().count() == 0

    assert "Win back" in browser.get(url).content.decode()
    browser.post(url, {"answer": "kept"})
    customer.refresh_from_db()
    assert customer.lost_on is None


@pytest.mark.parametrize("answer", ["", "maybe", "\x00"])
def test_nothing_is_lost_without_a_clear_answer(login: Login, customer: Customer, owner: User, answer: str) -> None:
    login(owner).post(reverse("customer_lost", args=[customer.pk]), {"answer": answer})

    assert Customer.objects.kept().count() == 1


def test_asking_changes_nothing(login: Login, customer: Customer, owner: User) -> None:
    login(owner).get(reverse("customer_lost", args=[customer.pk]), {"answer": "lost"})

    assert Customer.objects.kept().count() == 1


@pytest.mark.parametrize("page", ["customer_edit", "customer_lost", "contact_new"])
def test_the_teammate_may_the_outsider_finds_nothing(
    login: Login, customer: Customer, teammate: User, outsider: User, manager: User, page: str
) -> None:
    url = reverse(page, args=[customer.pk])

    assert login(teammate).get(url).status_code == 200
    assert login(manager).get(url).status_code == 200
    assert login(outsider).get(url).status_code == 404
    assert login(outsider).post(url, {"answer": "lost", "name": "Mine"}).status_code == 404
    assert Customer.objects.kept().filter(name="Lindqvist AB").exists()


def test_the_last_clock_of_the_world_can_be_chosen_and_is_called_by_what_it_shows(
    login: Login, owner: User, segment: Segment
) -> None:
    browser = login(owner)
    assert '<option value="Etc/GMT+12">UTC−12</option>' in browser.get(reverse("customer_new")).content.decode()

    add(browser, typed(owner, segment, time_zone="Etc/GMT+12"))

    customer = Customer.objects.get()
    assert customer.time_zone == "Etc/GMT+12"
    page = browser.get(reverse("customer", args=[customer.pk])).content.decode()
    assert "UTC−12" in page
    assert "Etc/GMT" not in page
