"""Passwords: changed by oneself, forgotten and chosen anew by mail; and the first administrator on the command line."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from tests import factories

type Login = Callable[[User], Client]
OLD, NEW = "correct horse battery", "quiet harbour lantern"


def can_log_in(email: str, password: str) -> bool:
    return Client().post(reverse("login"), {"username": email, "password": password}).status_code == 302


def ask_for_link(email: str) -> str:
    """The link in the mail, or nothing if there is none."""
    mail.outbox.clear()
    response = Client().post(reverse("password_reset"), {"email": email})
    assert response.headers["Location"] == reverse("password_reset_done")
    found = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[0].body)) if mail.outbox else None
    return found[1] if found else ""


def choose(link: str, password: str) -> int:
    browser = Client()
    form = browser.get(link, follow=True).request["PATH_INFO"]
    return browser.post(form, {"new_password1": password, "new_password2": password}).status_code


def test_people_change_their_own_password_and_stay_logged_in(login: Login, owner: User) -> None:
    browser, elsewhere = login(owner), login(owner)

    response = browser.post(
        reverse("password_change"), {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}, follow=True
    )

    assert "Your password is changed" in response.content.decode()
    assert browser.get(reverse("settings")).status_code == 200
    assert elsewhere.get(reverse("settings")).status_code == 302
    assert can_log_in(owner.email, NEW)
    assert not can_log_in(owner.email, OLD)


@pytest.mark.parametrize(
    ("old", "first", "second"),
    [("wrong", NEW, NEW), (OLD, NEW, "x"), (OLD, "short", "short"), ("\x00", NEW, NEW), (OLD, "", "")],
)
def test_a_password_stays_when_anything_is_wrong(login: Login, owner: User, old: str, first: str, second: str) -> None:
    response = login(owner).post(
        reverse("password_change"), {"old_password": old, "new_password1": first, "new_password2": second}
    )

    assert response.context["form"].errors
    assert can_log_in(owner.email, OLD)


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(owner: User) -> None:
    link = ask_for_link("MIA@example.com")

    assert mail.outbox[0].to == [owner.email]
    assert "Hello Mia Berg" in mail.outbox[0].body
    assert choose(link, NEW) == 302
    assert can_log_in(owner.email, NEW)
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_opening_the_link_changes_nothing(owner: User) -> None:
    link = ask_for_link(owner.email)

    Client().get(link, follow=True)
    Client().head(link, follow=True)

    owner.refresh_from_db()
    assert owner.check_password(OLD)
    assert choose(link, NEW) == 302


def test_a_new_password_by_link_must_be_hard_to_guess(owner: User) -> None:
    assert choose(ask_for_link(owner.email), "12345") == 200
    assert can_log_in(owner.email, OLD)


def test_strangers_learn_nothing_about_who_has_an_account(owner: User) -> None:
    gone = factories.user(is_active=False)
    browser = Client()
    pages = [
        browser.post(reverse("password_reset"), {"email": email}, follow=True).content
        for email in (owner.email, "nobody@example.com", gone.email)
    ]

    assert len(set(pages)) == 1
    assert [message.to for message in mail.outbox] == [[owner.email]]


@pytest.mark.parametrize("email", ["", "mia", "\x00", "a" * 300 + "@example.com", "a@b.se\nBcc: all@b.se"])
def test_a_bad_address_gets_a_message(db: None, email: str) -> None:
    response = Client().post(reverse("password_reset"), {"email": email})

    assert "email" in response.context["form"].errors
    assert not mail.outbox


@pytest.mark.parametrize(
    ("uid", "token"), [("MQ", "x"), ("====", "x-y"), ("%00", "set-password"), ("AAAA" * 99, "a-b"), ("é", "é")]
)
def test_a_tampered_link_gets_a_friendly_page(owner: User, uid: str, token: str) -> None:
    response = Client().get(f"/password/reset/{uid}/{token}/")

    assert response.status_code == 200
    assert "This link no longer works" in response.content.decode()


def test_somebody_elses_link_does_not_fit(owner: User, teammate: User) -> None:
    uid = ask_for_link(teammate.email).split("/")[3]
    token = ask_for_link(owner.email).split("/")[4]

    html = Client().get(f"/password/reset/{uid}/{token}/", follow=True).content.decode()

    assert "This link no longer works" in html


def test_the_command_line_makes_the_first_administrator(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)

    call_command("createsuperuser", email="Ada@Example.com", name="Ada Holm", interactive=False, verbosity=0)

    person = User.objects.get()
    assert (person.email, person.name, person.role) == ("ada@example.com", "Ada Holm", Role.ADMINISTRATOR)
    assert can_log_in("ada@example.com", NEW)


def test_the_command_line_refuses_an_address_that_is_taken(
    administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)

    with pytest.raises(CommandError, match="taken"):
        call_command("createsuperuser", email=administrator.email, name="Ada", interactive=False, verbosity=0)


def test_pages_of_one_role_pass_the_name_on_as_text(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(name="<b>Mia</b> {{ 7|add:1 }}")

    ask_for_link(owner.email)

    assert "Hello <b>Mia</b> {{ 7|add:1 }}," in mail.outbox[0].body
