"""Contacts: birthdays, consent, the main contact, and the same person twice."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers import changing
from customers.models import ConsentChange, ConsentKind, Contact, Customer
from retention_crm.lib import clock
from tests import factories

type Login = Callable[[User], Client]
ALL = " ".join(ConsentKind)


def typed(**changes: Any) -> dict[str, Any]:
    """What the form of a contact sends; a ticked box is sent, an empty one is not."""
    data = {
        "name": "Amira Haddad",
        "email": "amira@haddad.example",
        "tone": "friendly",
        "preferred_channel": "email",
        "consent_seen": ALL,
        **{f"allows_{kind}": "on" for kind in ConsentKind},
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def add(browser: Client, customer: Customer, **changes: Any) -> Any:
    return browser.post(reverse("contact_new", args=[customer.pk]), typed(**changes))


def edit(browser: Client, contact: Contact, **changes: Any) -> Any:
    return browser.post(reverse("contact_edit", args=[contact.pk]), typed(**changes))


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["form"].errors
    return found


def test_a_contact_is_added_to_its_customer(login: Login, customer: Customer, owner: User) -> None:
    response = add(login(owner), customer, preferred_name="Ami", phone="+46 70 123")

    contact = customer.contacts.get()
    assert response.headers["Location"] == reverse("customer", args=[customer.pk])
    assert (contact.name, contact.addressed_as, contact.phone) == ("Amira Haddad", "Ami", "+46 70 123")
    assert (contact.effective_time_zone, contact.effective_language) == (customer.time_zone, customer.language)
    assert ConsentChange.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [("29", "2", ""), ("29", "2", "2000"), ("31", "12", "1970"), ("1", "1", "1880"), ("", "", "")],
)
def test_birthdays_are_kept_with_and_without_a_year(
    login: Login, customer: Customer, owner: User, day: str, month: str, year: str
) -> None:
    response = add(login(owner), customer, birthday_day=day, birthday_month=month, birthday_year=year)

    assert response.status_code == 302
    contact = customer.contacts.get()
    wanted = [int(part) if part else None for part in (day, month, year)]
    assert [contact.birthday_day, contact.birthday_month, contact.birthday_year] == wanted


@pytest.mark.parametrize(
    ("day", "month", "year", "field"),
    [
        ("31", "2", "", "birthday_day"),
        ("31", "4", "", "birthday_day"),
        ("29", "2", "1999", "birthday_day"),
        ("0", "1", "", "birthday_day"),
        ("0", "", "", "birthday_day"),
        ("32", "1", "", "birthday_day"),
        ("-1", "1", "", "birthday_day"),
        ("5", "", "", "birthday_day"),
        ("", "5", "", "birthday_day"),
        ("1", "13", "", "birthday_month"),
        ("1", "May", "", "birthday_month"),
        ("1", "\x00", "", "birthday_month"),
        ("", "", "1970", "birthday_year"),
        ("1", "1", "1700", "birthday_year"),
        ("1", "1", "3000", "birthday_year"),
        ("1", "1", "70", "birthday_year"),
        ("first", "1", "", "birthday_day"),
        ("9" * 5000, "1", "", "birthday_day"),
    ],
    ids=range(18),
)
def test_impossible_birthdays_get_a_message_and_come_back_as_typed(
    login: Login, customer: Customer, owner: User, day: str, month: str, year: str, field: str
) -> None:
    response = add(login(owner), customer, birthday_day=day, birthday_month=month, birthday_year=year)

    assert field in errors(response)
    form = response.context["form"]
    assert [form[f"birthday_{part}"].value() for part in ("day", "month", "year")] == [day, month, year]
    assert not customer.contacts.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\x00"),
        ("name", "a" * 201),
        ("preferred_name", "a" * 101),
        ("job_title", "a" * 1_000_000),
        ("email", "amira"),
        ("email", "amira@"),
        ("email", "a b@haddad.example"),
        ("email", "amira@haddad.example\nBcc: all@haddad.example"),
        ("email", "a" * 250 + "@haddad.example"),
        ("email", "\x00@haddad.example"),
        ("phone", "1" * 41),
        ("phone", "\x00"),
        ("time_zone", "Nowhere/Land"),
        ("language", "tlh"),
        ("tone", "rude"),
        ("preferred_channel", "pigeon"),
    ],
    ids=range(17),
)
def test_bad_input_gets_a_message_at_the_field(
    login: Login, customer: Customer, owner: User, field: str, value: str
) -> None:
    response = add(login(owner), customer, **{field: value})

    assert set(errors(response)) == {field}
    assert response.context["form"][field].value() == value
    assert not customer.contacts.exists()


def test_a_new_main_contact_takes_the_place_of_the_old_one(login: Login, customer: Customer, owner: User) -> None:
    old = factories.contact(customer, is_primary=True)

    add(login(owner), customer, is_primary="on")

    assert [c.name for c in customer.contacts.filter(is_primary=True)] == ["Amira Haddad"]
    assert customer.contacts.get(pk=old.pk).is_primary is False


def test_the_main_contact_of_another_customer_stays(login: Login, customer: Customer, owner: User) -> None:
    elsewhere = factories.contact(factories.customer(owner), is_primary=True)

    add(login(owner), customer, is_primary="on")

    elsewhere.refresh_from_db()
    assert elsewhere.is_primary


def test_the_first_contact_is_offered_as_the_main_one(login: Login, customer: Customer, owner: User) -> None:
    browser, url = login(owner), reverse("contact_new", args=[customer.pk])

    assert browser.get(url).context["form"]["is_primary"].value() is True
    factories.contact(customer, is_primary=True)
    assert browser.get(url).context["form"]["is_primary"].value() is False


@pytest.mark.parametrize("kind", list(ConsentKind))
def test_a_change_of_consent_is_kept_with_who_and_when(
    login: Login, customer: Customer, owner: User, kind: ConsentKind
) -> None:
    contact = factories.contact(customer)

    edit(login(owner), contact, **{f"allows_{kind}": None})

    change = ConsentChange.objects.get()
    assert (change.contact, change.kind, change.granted) == (contact, kind, False)
    assert (change.source, change.changed_by) == (ConsentChange.Source.STAFF, owner)
    assert abs((clock.now() - change.changed_at).total_seconds()) < 60
    contact.refresh_from_db()
    assert not contact.allows(kind)


def test_consent_given_again_is_kept_too(login: Login, customer: Customer, owner: User) -> None:
    contact = factories.contact(customer, allows_surveys=False)

    edit(login(owner), contact, consent_seen="greetings thanks")

    assert ConsentChange.objects.get().granted is True
    contact.refresh_from_db()
    assert contact.allows_surveys


def test_saving_without_a_change_of_consent_keeps_no_record(login: Login, customer: Customer, owner: User) -> None:
    edit(login(owner), factories.contact(customer), name="New name")

    assert ConsentChange.objects.count() == 0


def test_a_withdrawal_by_link_meanwhile_is_not_undone_by_a_page_opened_before(
    login: Login, customer: Customer, owner: User
) -> None:
    contact = factories.contact(customer)
    seen = login(owner).get(reverse("contact_edit", args=[contact.pk])).context["form"]["consent_seen"].value()
    Contact.objects.update(allows_surveys=False)

    edit(login(owner), contact, name="New name", consent_seen=seen)

    contact.refresh_from_db()
    assert contact.name == "New name"
    assert not contact.allows_surveys
    assert ConsentChange.objects.count() == 0


def test_a_withdrawal_between_reading_and_saving_stands(customer: Customer, owner: User) -> None:
    contact = factories.contact(customer)
    Contact.objects.update(allows_greetings=False)
    contact.name = "New name"

    changing.save_contact(contact, by=owner, at=factories.NOW, consent_changed=[ConsentKind.SURVEYS])

    contact.refresh_from_db()
    assert (contact.name, contact.allows_greetings) == ("New name", False)


def test_a_form_without_what_was_seen_changes_no_consent(login: Login, customer: Customer, owner: User) -> None:
    contact = factories.contact(customer)
    boxes: dict[str, Any] = {f"allows_{kind}": None for kind in ConsentKind}

    edit(login(owner), contact, consent_seen=None, **boxes)

    contact.refresh_from_db()
    assert all(contact.allows(kind) for kind in ConsentKind)


def test_a_new_contact_who_does_not_want_surveys_has_that_on_record(
    login: Login, customer: Customer, owner: User
) -> None:
    add(login(owner), customer, allows_surveys=None)

    assert not customer.contacts.get().allows_surveys
    assert [(change.kind, change.granted) for change in ConsentChange.objects.all()] == [("surveys", False)]


def test_the_same_address_elsewhere_is_a_warning_and_no_error(login: Login, customer: Customer, owner: User) -> None:
    other = factories.contact(factories.customer(owner, name="Haddad & Sons"), email="AMIRA@haddad.example")
    browser = login(owner)

    response = browser.post(reverse("contact_new", args=[customer.pk]), typed(), follow=True)

    assert customer.contacts.count() == 1
    assert "Haddad &amp; Sons has the same e-mail address" in response.content.decode()
    page = browser.get(reverse("contact_edit", args=[customer.contacts.get().pk])).content.decode()
    assert reverse("contact_edit", args=[other.pk]) in page


def test_a_warning_names_nobody_one_may_not_see(login: Login, customer: Customer, owner: User, outsider: User) -> None:
    factories.contact(factories.customer(outsider, name="Secret Ltd"), email="amira@haddad.example")

    response = login(owner).post(reverse("contact_new", args=[customer.pk]), typed(), follow=True)

    assert "same e-mail address" not in response.content.decode()


def test_contacts_without_an_address_are_not_taken_for_the_same(customer: Customer, owner: User) -> None:
    factories.contact(factories.customer(owner), email="")

    assert not Contact.objects.sharing_address_with(factories.contact(customer, email="")).exists()
    longer = factories.contact(customer, email="ann@haddad.example")
    factories.contact(customer, email="joann@haddad.example")
    assert not Contact.objects.sharing_address_with(longer).exists()


def test_a_contact_is_marked_as_deceased_and_a_mistake_taken_back(
    login: Login, customer: Customer, owner: User
) -> None:
    contact = factories.contact(customer)
    browser, url = login(owner), reverse("contact_deceased", args=[contact.pk])

    assert "Mark as deceased" in browser.get(url).content.decode()
    browser.post(url, {"answer": "deceased"})
    assert Contact.objects.reachable().count() == 0
    assert "deceased" in browser.get(reverse("contact_edit", args=[contact.pk])).content.decode()

    browser.post(url, {"answer": "mistake"})
    assert Contact.objects.reachable().count() == 1


@pytest.mark.parametrize("answer", ["", "no", "\x00"])
def test_nobody_is_marked_as_deceased_without_a_clear_answer(
    login: Login, customer: Customer, owner: User, answer: str
) -> None:
    contact = factories.contact(customer)

    login(owner).post(reverse("contact_deceased", args=[contact.pk]), {"answer": answer})

    assert Contact.objects.reachable().count() == 1


@pytest.mark.parametrize("page", ["contact_edit", "contact_deceased"])
def test_the_teammate_may_the_outsider_finds_nothing(
    login: Login, customer: Customer, teammate: User, outsider: User, manager: User, page: str
) -> None:
    contact = factories.contact(customer, name="Sara")
    url = reverse(page, args=[contact.pk])

    assert login(teammate).get(url).status_code == 200
    assert login(manager).get(url).status_code == 200
    assert login(outsider).get(url).status_code == 404
    assert login(outsider).post(url, {"answer": "deceased", **typed()}).status_code == 404
    contact.refresh_from_db()
    assert (contact.name, contact.deceased) == ("Sara", False)


def test_a_contact_stays_with_its_customer_whatever_is_posted(
    login: Login, customer: Customer, owner: User, outsider: User
) -> None:
    foreign = factories.customer(outsider)
    contact = factories.contact(customer)

    edit(login(owner), contact, customer=foreign.pk, customer_id=foreign.pk, deceased="on")

    contact.refresh_from_db()
    assert (contact.customer_id, contact.deceased) == (customer.pk, False)


# --- who speaks for us, and who left


def test_who_left_is_written_to_no_more_and_is_not_the_main_contact(
    login: Login, customer: Customer, owner: User
) -> None:
    contact = factories.contact(customer, is_champion=True)
    Customer.objects.update(risk_stale_since=None)
    assert edit(login(owner), contact, is_champion="on", is_primary="on", left_on="2020-05-04").status_code == 302
    contact.refresh_from_db()
    assert (contact.left_on, contact.do_not_contact, contact.is_primary) == (date(2020, 5, 4), True, False)
    customer.refresh_from_db()
    assert customer.risk_stale_since is not None
    shown = login(owner).get(reverse("customer", args=[customer.pk])).content.decode()
    assert "Champion" in shown and "Left on 4 May 2020" in " ".join(shown.split())


def test_who_came_back_may_be_written_to_again(login: Login, customer: Customer, owner: User) -> None:
    contact = factories.contact(customer, left_on=date(2020, 5, 4), do_not_contact=True)
    assert edit(login(owner), contact, left_on="").status_code == 302
    contact.refresh_from_db()
    assert (contact.left_on, contact.do_not_contact) == (None, False)


def test_a_change_of_a_telephone_asks_for_no_new_risk(login: Login, customer: Customer, owner: User) -> None:
    contact = factories.contact(customer)
    Customer.objects.update(risk_stale_since=None)
    edit(login(owner), contact, phone="+46 8 1")
    customer.refresh_from_db()
    assert customer.risk_stale_since is None


def test_nobody_leaves_on_a_day_to_come(login: Login, customer: Customer, owner: User) -> None:
    response = edit(login(owner), factories.contact(customer), left_on="2100-01-01")
    assert list(errors(response)) == ["left_on"]
