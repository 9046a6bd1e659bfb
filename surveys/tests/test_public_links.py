"""Answering by a public link: once a form, not too often, apart from the others, and not after it was revoked."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from retention_crm.lib.masking import mask
from surveys import open_pages
from surveys.linking import public_url
from surveys.models import PublicLink, Response, Survey, Unnamed, UnnamedAnswer
from tests import factories

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def nothing_counted(settings: Any) -> None:
    """Other tests, in other processes, count with the same Valkey."""
    shared = settings.CACHES["shared"] | {"KEY_PREFIX": uuid4().hex}
    settings.CACHES = settings.CACHES | {"shared": shared}


@pytest.fixture
def link(company: Company) -> PublicLink:
    return factories.public_link(factories.survey(name="At the counter", asks_after=()))


def page_of(link: PublicLink) -> str:
    return reverse("survey_public", args=[link.token])


def scores() -> list[int]:
    return [int(row.number) for row in UnnamedAnswer.objects.filter(question__kind="nps") if row.number is not None]


def test_anybody_with_the_link_answers_without_a_name(link: PublicLink, browser: Client) -> None:
    html = browser.get(page_of(link)).content.decode()
    assert "We do not ask who you are." in html

    sent = browser.post(page_of(link), {"score": "9", "comment": "Kind people"})
    assert sent.status_code == 302
    assert "Your answer has been counted" in browser.get(sent.headers["Location"]).content.decode()
    assert Unnamed.objects.get().link == link
    assert scores() == [9]
    assert not Response.objects.exists()


def test_the_same_form_sent_twice_counts_once_and_another_counts_again(link: PublicLink, browser: Client) -> None:
    key = str(uuid4())
    for _time in range(3):
        assert browser.post(page_of(link), {"score": "9", "key": key}).status_code == 302
    browser.post(page_of(link), {"score": "4", "key": str(uuid4())})

    assert sorted(scores()) == [4, 9]


@pytest.mark.parametrize("key", ["", "x", "\x00", "9" * 5000])
def test_a_key_that_is_none_gets_one(link: PublicLink, browser: Client, key: str) -> None:
    browser.post(page_of(link), {"score": "9", "key": key})

    assert scores() == [9]


def test_a_key_of_another_link_adds_nothing_to_it(link: PublicLink, browser: Client) -> None:
    other, key = factories.public_link(link.survey), str(uuid4())
    browser.post(page_of(link), {"score": "9", "key": key})
    browser.post(page_of(other), {"score": "1", "key": key})

    assert scores() == [9]


def test_opening_it_records_nothing(link: PublicLink, browser: Client) -> None:
    for score in range(11):
        browser.get(f"{page_of(link)}?score={score}")
        browser.head(f"{page_of(link)}?score={score}")

    assert not Unnamed.objects.exists()


@pytest.mark.parametrize("score", ["11", "9.5", "-1", "\x00"])
def test_what_is_no_answer_is_told_and_nothing_is_lost(link: PublicLink, browser: Client, score: str) -> None:
    response = browser.post(page_of(link), {"score": score, "comment": "Kept here"})

    assert response.status_code == 422
    assert "Kept here" in response.content.decode()
    assert not Unnamed.objects.exists()


def test_too_many_from_one_place_wait_and_lose_nothing(
    link: PublicLink, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "MOST_FROM_A_PLACE", 2)
    codes = [browser.post(page_of(link), {"score": "9"}).status_code for _time in range(3)]
    assert codes == [302, 302, 429]

    refused = browser.post(page_of(link), {"score": "9", "comment": "Kept here"})
    assert "Kept here" in refused.content.decode()
    assert browser.post(page_of(link), {"score": "9"}, REMOTE_ADDR="192.0.2.7").status_code == 302
    assert Unnamed.objects.count() == 3


def test_too_many_by_one_link_wait_wherever_they_come_from(
    link: PublicLink, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "MOST_BY_A_LINK", 3)
    codes = [
        browser.post(page_of(link), {"score": "9"}, REMOTE_ADDR=f"192.0.2.{place}").status_code for place in range(4)
    ]
    assert codes == [302, 302, 302, 429]


def test_behind_a_proxy_the_place_is_what_the_proxy_saw(
    link: PublicLink, browser: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    monkeypatch.setattr(open_pages, "MOST_FROM_A_PLACE", 1)
    forged = [f"10.0.0.{number}, 192.0.2.7" for number in range(2)]
    codes = [
        browser.post(page_of(link), {"score": "9"}, HTTP_X_FORWARDED_FOR=chain).status_code
        for chain in (*forged, "192.0.2.8")
    ]
    assert codes == [302, 429, 302]


def test_without_the_counter_nobody_is_turned_away(link: PublicLink, browser: Client, settings: Any) -> None:
    settings.CACHES = settings.CACHES | {
        "shared": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    assert browser.post(page_of(link), {"score": "9"}).status_code == 302


def test_a_link_that_was_revoked_or_never_was_or_of_a_survey_put_aside_looks_the_same(
    link: PublicLink, browser: Client, login: Login, manager: User
) -> None:
    aside = factories.public_link(factories.survey(is_active=False))
    pages = [browser.get(page_of(aside)), browser.get(reverse("survey_public", args=["x" * 28]))]
    invitation = factories.invitation(survey=link.survey)
    pages.append(browser.get(reverse("survey_public", args=[invitation.token])))
    login(manager).post(reverse("public_link_revoke", args=[link.pk]))
    pages += [browser.get(page_of(link)), browser.post(page_of(link), {"score": "9"})]

    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert not Unnamed.objects.exists()


def test_its_language_is_the_readers_as_far_as_there_is_one(link: PublicLink, browser: Client) -> None:
    german = browser.get(page_of(link), HTTP_ACCEPT_LANGUAGE="de-AT,en;q=0.5").content.decode()
    assert 'lang="de"' in german
    assert "Meine Antwort senden" in german or "Antwort" in german
    for odd in ("", "xx", "*" * 5000, "de;q=x", "\x00"):
        assert browser.get(page_of(link), HTTP_ACCEPT_LANGUAGE=odd).status_code == 200


def test_a_survey_in_confidence_is_answered_by_a_link_as_any_other(link: PublicLink, browser: Client) -> None:
    link.survey.versions.update(is_confidential=True)
    browser.post(page_of(link), {"score": "9"})

    assert Unnamed.objects.by_link().count() == 1
    assert not Unnamed.objects.in_confidence().exists()


# ---- For staff ----


def test_a_manager_makes_a_link_and_sees_its_code(login: Login, manager: User, link: PublicLink) -> None:
    browser = login(manager)
    page = reverse("public_links", args=[link.survey_id])
    browser.post(page, {"name": "Invoice"})
    made = PublicLink.objects.get(name="Invoice")
    html = browser.get(page).content.decode()

    assert public_url(made) in html
    picture = browser.get(reverse("public_link_code", args=[made.pk]))
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert ET.fromstring(picture.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert browser.post(page, {"name": ""}).status_code == 422


def test_results_are_kept_apart(login: Login, manager: User, link: PublicLink, browser: Client) -> None:
    browser.post(page_of(link), {"score": "1", "comment": "From the counter"})
    factories.response(factories.invitation(survey=link.survey), score=9, comment="From a customer")
    page, staff = reverse("survey_results", args=[link.survey_id]), login(manager)

    named, open_ = (staff.get(page + query).content.decode() for query in ("", "?given=link"))
    assert "From a customer" in named
    assert "From the counter" not in named
    assert "From the counter" in open_
    assert "From a customer" not in open_


def test_no_log_has_the_token(link: PublicLink) -> None:
    assert link.token not in mask(f'"GET {page_of(link)} HTTP/1.1" 200')


def test_the_list_costs_the_same_for_one_link_and_for_three(
    login: Login, manager: User, link: PublicLink, django_assert_num_queries: Any
) -> None:
    browser, page = login(manager), reverse("public_links", args=[link.survey_id])
    for _round in range(2):
        with django_assert_num_queries(5):  # session, person, survey, links, bell
            browser.get(page)
        for _number in range(2):
            factories.public_link(Survey.objects.get())
