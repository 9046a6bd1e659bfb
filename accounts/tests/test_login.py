"""The way in: by mail address in any case, and a plain sentence for who does not get in."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SENTENCE = "do not open an active account"


@pytest.mark.parametrize("email", ["mia@example.com", "Mia@Example.COM", "  mia@example.com "])
def test_the_case_of_the_address_does_not_matter(client: Client, owner: User, email: str) -> None:
    response = client.post(reverse("login"), {"username": email, "password": PASSWORD})

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(owner.pk)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("mia@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("mia@example.com", PASSWORD.upper()),
        ("mia", PASSWORD),
        ("x" * 300, "x"),
        ("'; --", "'; --"),
        ("mia@example.com", "x" * 5000),
        ("مرحبا@example.com", "😀"),
    ],
)
def test_a_wrong_address_and_a_wrong_password_look_alike(
    client: Client, owner: User, email: str, password: str
) -> None:
    response = client.post(reverse("login"), {"username": email, "password": password})

    assert response.status_code == 200
    assert SENTENCE in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_who_is_no_longer_active_does_not_get_in(client: Client, owner: User) -> None:
    User.objects.get_queryset().update(is_active=False)

    response = client.post(reverse("login"), {"username": owner.email, "password": PASSWORD})

    assert SENTENCE in response.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"username": "mia@example.com"},
        {"username": "\x00", "password": "\x00"},
    ],
)
def test_what_is_missing_or_malformed_gets_a_message_at_its_field(client: Client, data: dict[str, str]) -> None:
    response = client.post(reverse("login"), data)

    assert response.status_code == 200
    assert 'class="invalid-feedback"' in response.content.decode()


def test_the_address_typed_is_kept_and_the_password_is_not(client: Client, owner: User) -> None:
    response = client.post(reverse("login"), {"username": '"><b>mia', "password": "wrong-secret"})

    shown = response.content.decode()
    assert "&quot;&gt;&lt;b&gt;mia" in shown
    assert "wrong-secret" not in shown


def test_after_the_login_one_is_where_one_wanted_to_be(client: Client, owner: User) -> None:
    assert client.get(reverse("customers")).headers["Location"] == "/login/?next=/customers/"
    data = {"username": owner.email, "password": PASSWORD}
    assert client.post(reverse("login"), data | {"next": "/customers/"}).headers["Location"] == "/customers/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_the_login_leads_nowhere_else(client: Client, owner: User, target: str) -> None:
    data = {"username": owner.email, "password": PASSWORD, "next": target}

    assert client.post(reverse("login"), data).headers["Location"] == reverse("today")


def test_who_is_in_is_not_asked_again(owner: User, login: Callable[[User], Client]) -> None:
    assert login(owner).get(reverse("login")).headers["Location"] == reverse("today")


def test_logging_out_takes_a_button_not_a_link(owner: User, login: Callable[[User], Client]) -> None:
    browser = login(owner)

    assert browser.get(reverse("logout")).status_code == 405
    assert browser.post(reverse("logout")).headers["Location"] == reverse("login")
    assert "_auth_user_id" not in browser.session
