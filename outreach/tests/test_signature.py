"""The sender's signature at the end of mails to customers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach.models import MessageKind
from outreach.previewing import samples
from outreach.tests.reading import a_message, build, html_of, read, text_of
from outreach.wording import text_for
from tests import factories

pytestmark = pytest.mark.django_db
SIGNATURE = "Mia Berg <Sales> & more\n☎ +46 8 123 {sender}\nمرحبا"


@pytest.fixture(autouse=True)
def site(settings: Any, company: Company) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


def sign(owner: User, signature: str = SIGNATURE) -> None:
    User.objects.filter(pk=owner.pk).update(signature=signature)


def test_stands_below_the_wording_and_above_the_foot_in_both_parts(contact: Contact, owner: User) -> None:
    sign(owner)
    mail = read(build(a_message(contact)))
    assert f"Mia Berg\n\n{SIGNATURE}\n\n-- \n" in text_of(mail)
    html = html_of(mail)
    assert "<bdi>Mia Berg &lt;Sales&gt; &amp; more</bdi><br><bdi>☎ +46 8 123 {sender}</bdi><br><bdi>مرحبا</bdi>" in html


@pytest.mark.parametrize("signature", ["", "  \n "])
def test_who_has_none_signs_with_nothing(contact: Contact, owner: User, signature: str) -> None:
    sign(owner, signature)
    mail = read(build(a_message(contact)))
    assert "Mia Berg\n\n-- \n" in text_of(mail)
    assert "<p></p>" not in html_of(mail)


def test_each_sender_has_an_own_one(contact: Contact, owner: User, teammate: User) -> None:
    sign(owner, "Mia, sales")
    sign(teammate, "Tom, service")
    other = factories.contact(factories.customer(teammate))
    assert "Mia, sales" in text_of(read(build(a_message(contact))))
    assert "Tom, service" in text_of(read(build(a_message(other))))


def test_mails_to_staff_are_not_signed(customer: Customer, owner: User) -> None:
    sign(owner, "Mia, sales")
    factories.follow_up(customer)
    mail = build(a_message(None, MessageKind.OVERDUE_DIGEST, recipient=User.objects.get(pk=owner.pk)))
    assert "Mia, sales" not in text_of(read(mail))


def test_a_preview_shows_the_signature_of_who_looks_at_it(owner: User, company: Company) -> None:
    owner.signature = "Mia, sales"
    shown = samples("birthday", "formal", text_for("birthday", "en", "formal"), company=company, sender=owner)
    assert all("Mia, sales" in sample.text and "Mia, sales" in sample.html for sample in shown)
    digest = text_for("overdue_digest", "en", "friendly")
    assert "Mia, sales" not in samples("overdue_digest", "friendly", digest, company=company, sender=owner)[0].text


def test_is_written_on_ones_profile(owner: User, login: Callable[[User], Client]) -> None:
    given = {"name": "Mia Berg", "time_zone": "Europe/Stockholm", "working_days": ["0"], "signature": SIGNATURE}
    assert login(owner).post(reverse("profile"), given).status_code == 302
    owner.refresh_from_db()
    assert owner.signature == SIGNATURE
    reply = login(owner).post(reverse("profile"), given | {"signature": "x" * 501})
    assert "invalid-feedback" in reply.text
