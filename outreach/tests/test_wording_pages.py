"""The pages of the texts: who may change them, what is refused, and what a preview shows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from outreach.models import MessageKind, Wording
from outreach.wording import FIELDS, built_in

Login = Callable[[User], Client]
EDITOR = "/settings/wordings/birthday/en/formal/"
GOOD = {"subject": "Hi {preferred_name}", "text": "Dear {preferred_name}", "html": "<p>Dear {preferred_name}</p>"}


@pytest.mark.parametrize("page", ["", "birthday/en/formal/", "birthday/en/formal/reset/"])
def test_texts_are_for_managers(owner: User, manager: User, administrator: User, login: Login, page: str) -> None:
    assert login(owner).get(f"/settings/wordings/{page}").status_code == 403
    assert login(manager).get(f"/settings/wordings/{page}").status_code == 200
    assert login(administrator).get(f"/settings/wordings/{page}").status_code == 200


def test_staff_change_no_text(owner: User, login: Login) -> None:
    for address in (EDITOR, f"{EDITOR}preview/", f"{EDITOR}reset/"):
        assert login(owner).post(address, GOOD).status_code == 403
    assert not Wording.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "nothing/en/formal",
        "birthday/xx/formal",
        "birthday/en/rude",
        "escalation/de/formal",
        "escalation/en/formal",
        "..%2Fbirthday/en/formal",
    ],
)
def test_a_text_that_does_not_exist_is_not_found(manager: User, login: Login, address: str) -> None:
    assert login(manager).get(f"/settings/wordings/{address}/").status_code == 404


def test_the_list_says_whose_text_is_used(manager: User, company: Company, login: Login) -> None:
    Wording.objects.create(kind="birthday", language="ja", tone="formal", **GOOD)
    page = login(manager).get("/settings/wordings/")
    kinds = dict(page.context["kinds"])
    rows = {row["language"]: row["cells"] for row in kinds[MessageKind.BIRTHDAY]}
    assert [cell["is_own"] for cell in rows["ja"]] == [True, False]
    assert [cell["is_built_in"] for cell in rows["de"]] == [True, True]
    assert rows["sv"][0]["borrowed"] == "English"
    assert "none yet; English is used" in page.content.decode()


def test_the_list_of_texts_takes_one_query_for_them(
    manager: User, company: Company, login: Login, django_assert_num_queries: Any
) -> None:
    Wording.objects.create(kind="birthday", language="en", tone="formal", **GOOD)
    browser = login(manager)
    with django_assert_num_queries(4):
        browser.get("/settings/wordings/")


def test_the_editor_begins_with_the_text_in_use(manager: User, company: Company, login: Login) -> None:
    text = built_in("birthday", "en", "formal")
    assert text is not None
    page = login(manager).get(EDITOR)
    assert page.context["form"]["subject"].value() == text.subject
    assert "{preferred_name}" in page.content.decode()
    assert "how they like to be addressed" in page.content.decode()
    assert "saving makes it your own" in page.content.decode()


def test_a_language_without_a_text_begins_with_english(manager: User, company: Company, login: Login) -> None:
    page = login(manager).get("/settings/wordings/birthday/sv/formal/").content.decode()
    assert "so English is used" in page
    assert "Happy birthday, {preferred_name}" in page


def test_a_saved_text_is_used_and_says_who_wrote_it(manager: User, company: Company, login: Login) -> None:
    answer = login(manager).post(EDITOR, GOOD, follow=True)
    saved = Wording.objects.get()
    assert (saved.kind, saved.language, saved.tone) == ("birthday", "en", "formal")
    assert saved.subject == GOOD["subject"]
    assert saved.changed_by == manager
    assert "last changed by Max Lind" in answer.content.decode()


def test_saving_again_changes_the_same_text(manager: User, company: Company, login: Login) -> None:
    for subject in ("One", "Two"):
        login(manager).post(EDITOR, GOOD | {"subject": subject})
    assert Wording.objects.get().subject == "Two"


def test_html_is_sanitised_when_it_is_saved(manager: User, company: Company, login: Login) -> None:
    html = '<p onclick="x" style="color:red">Dear {preferred_name} {{x}}</p><script>alert(1)</script><img src="x">'
    login(manager).post(EDITOR, GOOD | {"html": html})
    assert Wording.objects.get().html == "<p>Dear {preferred_name} {{x}}</p>"


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("subject", "{nickname}", "There is no merge field {nickname} here."),
        ("text", "{scores}", "There is no merge field {scores} here."),
        ("html", "{a.b}", "is not a merge field"),
        ("html", '<a href="https://{customer}">x</a>', "A link is a fixed https or mailto address"),
        ("subject", "", "This field is required."),
        ("html", "<script></script>", "Nothing is left of this"),
        ("subject", "x" * 201, "Nothing is lost"),
        ("text", "x" * 20_001, "Nothing is lost"),
    ],
)
def test_a_text_with_a_fault_is_not_saved_and_nothing_is_lost(
    manager: User, company: Company, login: Login, part: str, value: str, sentence: str
) -> None:
    answer = login(manager).post(EDITOR, GOOD | {part: value})
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[part])
    assert answer.context["form"][part].value() == value
    assert not Wording.objects.exists()


@pytest.mark.parametrize("value", ["\x00", "\ud800", "👩🏽‍💻 \u202e", "a\r\nb", "é" * 3000, "<" * 10_000, "{{" * 5000])
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_no_text_whatever_is_an_error_of_the_server(
    manager: User, company: Company, login: Login, part: str, value: str
) -> None:
    posted = GOOD | {part: value.encode("utf-8", "replace").decode()}
    assert login(manager).post(EDITOR, posted).status_code in {302, 422}
    assert login(manager).post(f"{EDITOR}preview/", posted).status_code == 200


def test_a_survey_without_its_link_is_not_saved(manager: User, company: Company, login: Login) -> None:
    answer = login(manager).post("/settings/wordings/survey/en/formal/", GOOD)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"text", "html"}
    assert "{scores} or {survey_link}" in answer.content.decode()


def test_back_to_the_built_in_text_after_asking(manager: User, company: Company, login: Login) -> None:
    browser = login(manager)
    browser.post(EDITOR, GOOD)
    assert "Your own text will be removed for good" in browser.get(f"{EDITOR}reset/").content.decode()
    assert Wording.objects.exists()
    answer = browser.post(f"{EDITOR}reset/", follow=True)
    assert not Wording.objects.exists()
    assert "the built-in text; saving makes it your own" in answer.content.decode()
    assert browser.post(f"{EDITOR}reset/").status_code == 302


def test_the_preview_shows_ordinary_and_worst_data(manager: User, company: Company, login: Login) -> None:
    answer = login(manager).post(f"{EDITOR}preview/", GOOD | {"text": "Text for {preferred_name} of {customer}"})
    page = answer.content.decode()
    ordinary, bare, right_to_left, worst = answer.context["samples"]
    assert bare.subject == "Hi Amira Haddad"
    assert "ليلى" in right_to_left.subject
    assert "<bdi>" in right_to_left.html
    assert ordinary.subject == "Hi Amira"
    assert "عبد" in worst.subject
    assert "&lt;b&gt;&amp;amp; Söhne" in worst.html
    assert "{sender}" in worst.text
    assert "As most will get it" in page
    assert "srcdoc=" in page
    assert not Wording.objects.exists()


@pytest.mark.parametrize("kind", FIELDS)
def test_every_built_in_text_can_be_previewed(manager: User, company: Company, login: Login, kind: MessageKind) -> None:
    text = built_in(kind, "en", "friendly")
    assert text is not None
    answer = login(manager).post(
        reverse("wording_preview", args=[kind, "en", "friendly"]),
        {"subject": text.subject, "text": text.text, "html": text.html},
    )
    assert {sample.problem for sample in answer.context["samples"]} == {""}


def test_a_preview_of_a_faulty_text_says_what_is_wrong(manager: User, company: Company, login: Login) -> None:
    page = login(manager).post(f"{EDITOR}preview/", GOOD | {"subject": "{nickname}"}).content.decode()
    assert "This could not be saved yet:" in page
    assert "{nickname}" in page


def test_a_preview_runs_nothing(manager: User, company: Company, login: Login) -> None:
    answer = login(manager).post(f"{EDITOR}preview/", GOOD | {"html": "<p>x</p><script>alert(1)</script>"})
    assert "alert(1)" not in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_preview_is_only_posted(manager: User, login: Login) -> None:
    assert login(manager).get(f"{EDITOR}preview/").status_code == 405


def test_an_own_text_in_another_direction_is_previewed_so(manager: User, company: Company, login: Login) -> None:
    answer = login(manager).post("/settings/wordings/birthday/ar/formal/preview/", GOOD)
    assert 'lang="ar" dir="rtl"' in answer.context["samples"][0].html
