"""The pages of the ledger and of the texts: who sees what, what is said, and what can be done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from outreach.models import Message, MessageKind, State, Wording
from outreach.views.messages import STATES_IN, why, word
from outreach.wording import built_in
from surveys.paging import PAGE
from tests import factories
from tests.factories import NOW

Login = Callable[[User], Client]
EDITOR = "/settings/wordings/birthday/en/formal/"
GOOD = {"subject": "Hi {preferred_name}", "text": "Dear {preferred_name}", "html": "<p>Dear {preferred_name}</p>"}


@pytest.fixture
def contact(customer: Customer, company: Company) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


def a_message(contact: Contact | None, kind: str = MessageKind.BIRTHDAY, **fields: Any) -> Message:
    fields.setdefault("customer", contact.customer if contact else None)
    fields.setdefault("due_at", NOW)
    return Message.objects.create(
        kind=kind,
        contact=contact,
        occasion=f"page:{Message.objects.count()}",
        expires_at=NOW + timedelta(days=1),
        dated_at=NOW,
        **fields,
    )


@pytest.mark.parametrize(("who", "sees"), [("owner", True), ("teammate", True), ("outsider", False), ("manager", True)])
def test_a_message_is_seen_by_those_who_see_the_customer(
    contact: Contact, login: Login, request: pytest.FixtureRequest, who: str, sees: bool
) -> None:
    message = a_message(contact)
    browser = login(request.getfixturevalue(who))
    assert ("Amira Haddad" in browser.get("/messages/").content.decode()) is sees
    assert browser.get(f"/messages/{message.pk}/").status_code == (200 if sees else 404)
    assert browser.get(f"/messages/{message.pk}/html/").status_code == (200 if sees else 404)
    assert browser.get(f"/messages/{message.pk}/cancel/").status_code == (200 if sees else 404)


def test_a_digest_is_seen_by_the_one_it_is_for(owner: User, teammate: User, company: Company, login: Login) -> None:
    message = a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    assert login(owner).get(f"/messages/{message.pk}/").status_code == 200
    assert login(teammate).get(f"/messages/{message.pk}/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number_of_rows(
    owner: User, company: Company, login: Login, rows: int, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        a_message(factories.contact(factories.customer(owner)))
        a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    browser = login(owner)
    # Session, person, company (for the right to see), figures, rows.
    with django_assert_num_queries(5):
        page = browser.get("/messages/")
    assert len(page.context["rows"]) == 2 * rows


@pytest.mark.parametrize("others", [1, 3])
def test_one_message_costs_the_same_whatever_else_there_is(
    contact: Contact, owner: User, login: Login, others: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(others):
        message = a_message(contact)
    browser = login(owner)
    with django_assert_max_num_queries(8):
        assert browser.get(f"/messages/{message.pk}/").status_code == 200


def test_the_one_due_last_comes_first_and_there_are_pages(contact: Contact, owner: User, login: Login) -> None:
    made = [a_message(contact, due_at=NOW - timedelta(hours=hours)) for hours in range(PAGE + 2)]
    browser = login(owner)
    first = browser.get("/messages/", {"kind": "birthday"})
    assert [row["message"].pk for row in first.context["rows"]] == [message.pk for message in made[:PAGE]]
    link = f"?after={first.context['next']}&amp;kind=birthday"
    assert link in first.content.decode()
    second = browser.get("/messages/", {"kind": "birthday", "after": first.context["next"]})
    assert [row["message"].pk for row in second.context["rows"]] == [message.pk for message in made[PAGE:]]
    assert second.context["next"] is None


@pytest.mark.parametrize("state", STATES_IN)
def test_the_list_can_be_narrowed_to_a_state(contact: Contact, owner: User, login: Login, state: str) -> None:
    for each in State:
        a_message(contact, state=each)
    rows = login(owner).get("/messages/", {"state": state}).context["rows"]
    assert {row["message"].state for row in rows} == set(STATES_IN[state])


def test_every_state_belongs_to_one_group() -> None:
    assert sorted(state for states in STATES_IN.values() for state in states) == sorted(State)


def test_the_list_can_be_narrowed_to_a_kind(contact: Contact, owner: User, login: Login) -> None:
    a_message(contact, MessageKind.BIRTHDAY)
    a_message(contact, MessageKind.SURVEY)
    rows = login(owner).get("/messages/", {"kind": "survey", "state": "waiting"}).context["rows"]
    assert [row["message"].kind for row in rows] == ["survey"]


@pytest.mark.parametrize("junk", ["nonsense", "\x00", "x" * 5000, "-1", "1" * 40, "👩🏽‍💻", "' OR 1=1"])
def test_junk_in_the_address_is_ignored(contact: Contact, owner: User, login: Login, junk: str) -> None:
    a_message(contact)
    page = login(owner).get("/messages/", {"state": junk, "kind": junk, "after": junk})
    assert page.status_code == 200
    assert len(page.context["rows"]) == 1


def test_figures_count_a_month_in_words(contact: Contact, owner: User, login: Login, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    for state in (State.SENT, State.SENT, State.PLANNED, State.LEASED, State.HELD):
        a_message(contact, state=state)
    a_message(contact, state=State.SENT, due_at=NOW - timedelta(days=31))
    page = login(owner).get("/messages/")
    figures = {figure["name"]: figure["count"] for figure in page.context["figures"]}
    assert figures == {"waiting": 2, "sent": 2, "held": 1}
    assert "2 sent" in page.content.decode()


def test_an_empty_ledger_says_what_belongs_there(owner: User, company: Company, login: Login) -> None:
    assert "No messages yet" in login(owner).get("/messages/").content.decode()
    assert "Nothing like that" in login(owner).get("/messages/", {"state": "held"}).content.decode()


def test_a_held_message_shows_why(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact, state=State.HELD, reason="open_complaint", detail="Open complaint since Monday <b>.")
    for address in ("/messages/", f"/messages/{message.pk}/"):
        page = login(owner).get(address).content.decode()
        assert "Open complaint since Monday &lt;b&gt;." in page
        assert "Held" in page


def test_an_unknown_message_says_so(contact: Contact, owner: User, login: Login) -> None:
    a_message(contact, state=State.UNKNOWN)
    assert "It is not known whether this arrived." in login(owner).get("/messages/").content.decode()


def test_every_state_has_a_word() -> None:
    for state in State:
        assert word(Message(state=state))
        assert why(Message(state=state, detail="because")) == "because"


def test_a_sent_message_shows_its_text_as_it_was(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(
        contact, state=State.SENT, subject="Happy birthday", body="Dear Amira,\n<b>text</b>", sent_to="a@b.example",
        finished_at=NOW, attempts=2,
    )  # fmt: skip
    page = login(owner).get(f"/messages/{message.pk}/").content.decode()
    assert "Dear Amira,\n&lt;b&gt;text&lt;/b&gt;" in page
    assert "a@b.example" in page
    assert "<iframe" not in page
    assert login(owner).get(f"/messages/{message.pk}/html/").status_code == 404


def test_a_waiting_message_is_previewed_without_the_keys(contact: Contact, owner: User, login: Login) -> None:
    invitation = factories.invitation(contact)
    message = a_message(contact, MessageKind.SURVEY, invitation=invitation)
    browser = login(owner)
    page, frame = browser.get(f"/messages/{message.pk}/"), browser.get(f"/messages/{message.pk}/html/")
    assert "Dear Amira" in page.content.decode()
    assert "Dear Amira" in frame.content.decode()
    for answer in (page, frame):
        assert invitation.token not in answer.content.decode()
        assert "/s/…/" in answer.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_a_message_that_cannot_be_written_says_why(contact: Contact, owner: User, login: Login) -> None:
    Contact.objects.update(email="")
    message = a_message(contact)
    browser = login(owner)
    assert "has no address mail can be sent to" in browser.get(f"/messages/{message.pk}/").content.decode()
    assert browser.get(f"/messages/{message.pk}/html/").status_code == 404


def test_a_message_of_somebody_erased_is_still_shown(manager: User, company: Company, login: Login) -> None:
    message = a_message(None, state=State.CANCELLED)
    assert "somebody who is no longer here" in login(manager).get(f"/messages/{message.pk}/").content.decode()
    assert "somebody who is no longer here" in login(manager).get("/messages/").content.decode()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (MessageKind.BIRTHDAY, "Their birthday"),
        (MessageKind.THANK_YOU, "A new customer"),
        (MessageKind.OVERDUE_DIGEST, "Something was due"),
        (MessageKind.ESCALATION, "one and a half times"),
    ],
)
def test_a_message_says_what_it_was_planned_for(
    contact: Contact, manager: User, login: Login, kind: str, reason: str
) -> None:
    message = a_message(contact, kind)
    assert reason in login(manager).get(f"/messages/{message.pk}/").content.decode()


def test_a_message_about_an_event_names_it(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact, MessageKind.THANK_YOU, interaction=factories.purchase(contact.customer))
    assert "Purchase on Nov. 26, 2026" in login(owner).get(f"/messages/{message.pk}/").content.decode()


def test_a_waiting_message_can_be_cancelled(contact: Contact, owner: User, login: Login) -> None:
    message = a_message(contact)
    browser = login(owner)
    assert f"/messages/{message.pk}/cancel/" in browser.get(f"/messages/{message.pk}/").content.decode()
    assert "Do not send this message?" in browser.get(f"/messages/{message.pk}/cancel/").content.decode()
    answer = browser.post(f"/messages/{message.pk}/cancel/", follow=True)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.CANCELLED, "by_hand")
    assert message.detail == "Cancelled by Mia Berg."
    assert message.finished_at is not None
    assert "The message will not be sent." in answer.content.decode()


@pytest.mark.parametrize("state", [state for state in State if state != State.PLANNED])
def test_what_is_no_longer_waiting_is_not_cancelled(contact: Contact, owner: User, login: Login, state: str) -> None:
    message = a_message(contact, state=state)
    browser = login(owner)
    assert "/cancel/" not in browser.get(f"/messages/{message.pk}/").content.decode()
    assert "no longer waiting" in browser.get(f"/messages/{message.pk}/cancel/").content.decode()
    assert "nothing was changed" in browser.post(f"/messages/{message.pk}/cancel/", follow=True).content.decode()
    message.refresh_from_db()
    assert message.state == state


def test_who_may_only_read_does_not_cancel(contact: Contact, outsider: User, company: Company, login: Login) -> None:
    company.visibility = "company"
    company.save()
    message = a_message(contact)
    browser = login(outsider)
    assert "/cancel/" not in browser.get(f"/messages/{message.pk}/").content.decode()
    assert browser.post(f"/messages/{message.pk}/cancel/").status_code == 403
    message.refresh_from_db()
    assert message.state == State.PLANNED


def test_a_digest_is_not_for_its_reader_to_cancel(owner: User, company: Company, login: Login) -> None:
    message = a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)
    assert login(owner).post(f"/messages/{message.pk}/cancel/").status_code == 403


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
    with django_assert_num_queries(3):
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
    ordinary, worst = answer.context["samples"]
    assert ordinary.subject == "Hi Amira"
    assert "عبد" in worst.subject
    assert "&lt;b&gt;&amp;amp; Söhne" in worst.html
    assert "{sender}" in worst.text
    assert "As most will get it" in page
    assert "srcdoc=" in page
    assert not Wording.objects.exists()


@pytest.mark.parametrize("kind", MessageKind)
def test_every_built_in_text_can_be_previewed(manager: User, company: Company, login: Login, kind: MessageKind) -> None:
    text = built_in(kind, "en", "friendly")
    assert text is not None
    answer = login(manager).post(
        reverse("wording_preview", args=[kind, "en", "friendly"]),
        {"subject": text.subject, "text": text.text, "html": text.html},
    )
    assert [sample.problem for sample in answer.context["samples"]] == ["", ""]


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
