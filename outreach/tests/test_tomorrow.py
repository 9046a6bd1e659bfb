"""The page Tomorrow and the decisions made from it and from a message's own page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Company, User, Visibility
from customers.models import Contact, Customer
from outreach.models import Message, MessageKind, State
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
PAGE = "/messages/tomorrow/"


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(
        customer, name="Amira Haddad", preferred_name="Amira", birthday_month=TODAY.month, birthday_day=TODAY.day
    )


def tomorrows(contact: Contact, **fields: Any) -> Message:
    """A greeting for today by dates, due in three hours."""
    fields.setdefault("due_at", NOW + timedelta(hours=3))
    return factories.message(contact, **fields)


def groups(page: Any) -> dict[str, list[int]]:
    return {group["name"]: [row["message"].pk for row in group["rows"]] for group in page.context["groups"]}


class TestPage:
    def test_shows_what_waits_what_goes_and_what_is_held_by_time(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        late = tomorrows(contact, due_at=NOW + timedelta(hours=6))
        early, leased = tomorrows(contact), tomorrows(contact, state=State.LEASED)
        waits, held = tomorrows(contact, state=State.PROPOSED), tomorrows(contact, state=State.HELD, detail="Ill.")
        page = login(owner).get(PAGE)
        assert groups(page) == {"waits": [waits.pk], "goes": [early.pk, leased.pk, late.pk], "held": [held.pk]}
        words = page.content.decode()
        for said in ("Amira Haddad", "Lindqvist AB", "Their birthday", "Thu 13:00", "Ill.", "Approve the one shown"):
            assert said in words

    def test_leaves_out_what_is_later_too_late_done_or_for_staff(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        tomorrows(contact, due_at=NOW + timedelta(hours=37), expires_at=NOW + timedelta(hours=40))
        tomorrows(contact, due_at=NOW - timedelta(hours=9), expires_at=NOW, state=State.HELD)
        for state in (State.SENT, State.CANCELLED, State.EXPIRED, State.FAILED, State.UNKNOWN):
            tomorrows(contact, state=state)
        factories.message(recipient=owner, kind=MessageKind.OVERDUE_DIGEST)
        assert "Nothing goes out by tomorrow" in login(owner).get(PAGE).content.decode()

    @pytest.mark.parametrize(("who", "sees"), [("teammate", True), ("outsider", False), ("manager", True)])
    def test_shows_what_the_person_may_see(
        self, contact: Contact, login: Login, request: pytest.FixtureRequest, who: str, sees: bool
    ) -> None:
        tomorrows(contact)
        assert ("Amira Haddad" in login(request.getfixturevalue(who)).get(PAGE).content.decode()) is sees

    def test_who_may_only_read_gets_no_buttons(
        self, contact: Contact, outsider: User, company: Company, login: Login
    ) -> None:
        Company.objects.update(visibility=Visibility.COMPANY)
        tomorrows(contact, state=State.PROPOSED)
        page = login(outsider).get(PAGE)
        (row,) = page.context["groups"][0]["rows"]
        assert row["may"] == frozenset()
        assert "Approve" not in page.content.decode()

    def test_tells_the_time_by_both_clocks(self, customer: Customer, owner: User, login: Login) -> None:
        there = factories.contact(customer, time_zone="Asia/Tokyo", birthday_month=11, birthday_day=26)
        tomorrows(there)
        words = login(owner).get(PAGE).content.decode()
        assert "Thu 13:00" in words
        assert "Thu 21:00 in Tokyo" in words

    def test_tells_what_the_gate_would_say_now_and_writes_nothing(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        message = tomorrows(contact)
        factories.complaint(contact.customer, what="Late delivery")
        words = login(owner).get(PAGE).content.decode()
        assert "Would be held:" in words
        assert "Late delivery" in words
        Contact.objects.update(do_not_contact=True)
        assert "Would be cancelled:" in login(owner).get(PAGE).content.decode()
        message.refresh_from_db()
        assert (message.state, message.reason) == (State.PLANNED, "")

    def test_says_where_nothing_speaks_against_a_held_one_any_more(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        tomorrows(contact, state=State.HELD, reason="open_complaint", detail="Open complaint.")
        assert "Nothing speaks against it any more." in login(owner).get(PAGE).content.decode()

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_for_any_number_of_rows(
        self, owner: User, login: Login, rows: int, django_assert_max_num_queries: Any
    ) -> None:
        for state in (State.PROPOSED, State.PLANNED, State.HELD):
            for _number in range(rows):
                tomorrows(factories.contact(factories.customer(owner)), state=state)
        browser = login(owner)
        with django_assert_max_num_queries(26) as captured:
            browser.get(PAGE)
        costs = TestPage.costs
        costs[rows] = len(captured)
        assert len(set(costs.values())) == 1

    costs: dict[int, int] = {}

    def test_a_long_group_is_shown_alone_page_by_page(
        self, contact: Contact, owner: User, login: Login, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("outreach.views.tomorrow.SHOWN", 2)
        monkeypatch.setattr("outreach.views.tomorrow.SHOWN_ALONE", 3)
        made = [tomorrows(contact, due_at=NOW + timedelta(minutes=number // 2)).pk for number in range(5)]
        browser = login(owner)
        first = browser.get(PAGE)
        assert groups(first)["goes"] == made[:2]
        assert "?only=goes" in first.content.decode()
        alone = browser.get(PAGE, {"only": "goes"})
        assert groups(alone) == {"goes": made[:3]}
        # The place to go on from may have been decided about meanwhile.
        Message.objects.filter(pk=made[2]).update(state=State.CANCELLED)
        rest = browser.get(PAGE, {"only": "goes", "after": alone.context["groups"][0]["after"]})
        assert groups(rest) == {"goes": made[3:]}

    @pytest.mark.parametrize("junk", ["nonsense", "\x00", "-1", "9" * 40, "👩🏽‍💻", "' OR 1=1"])
    def test_junk_in_the_address_is_ignored(self, contact: Contact, owner: User, login: Login, junk: str) -> None:
        message = tomorrows(contact)
        assert groups(login(owner).get(PAGE, {"only": junk, "after": junk}))["goes"] == [message.pk]
        assert groups(login(owner).get(PAGE, {"only": "goes", "after": junk}))["goes"] == [message.pk]

    def test_is_linked_from_messages(self, owner: User, login: Login) -> None:
        assert PAGE in login(owner).get("/messages/").content.decode()

    def test_messages_say_how_many_wait_for_approval(
        self, contact: Contact, owner: User, outsider: User, login: Login
    ) -> None:
        tomorrows(contact, state=State.PROPOSED)
        assert "1 message waits for approval." in login(owner).get("/messages/").content.decode()
        assert "waits for approval." not in login(outsider).get("/messages/").content.decode()


class TestDecisions:
    def test_all_that_are_shown_are_approved_at_once(
        self, contact: Contact, owner: User, outsider: User, login: Login
    ) -> None:
        mine = [tomorrows(contact, state=State.PROPOSED) for _number in range(2)]
        done = tomorrows(contact, state=State.CANCELLED)
        theirs = tomorrows(factories.contact(factories.customer(outsider)), state=State.PROPOSED)
        pks = [message.pk for message in (*mine, done, theirs)]
        answer = login(owner).post(f"{PAGE}approve/", {"message": [*pks, "junk", "9" * 30]}, follow=True)
        assert "2 messages are approved." in answer.content.decode()
        assert "no longer waited" in answer.content.decode()
        states = dict(Message.objects.values_list("pk", "state"))
        assert [states[pk] for pk in pks] == ["planned", "planned", "cancelled", "proposed"]
        assert set(Message.objects.filter(decided_by=owner)) == set(mine)

    def test_an_approval_comes_back_here_and_can_be_undone(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, state=State.PROPOSED)
        browser = login(owner)
        answer = browser.post(f"/messages/{message.pk}/approve/", {"next": PAGE}, follow=True)
        assert answer.redirect_chain[0][0] == PAGE
        assert f"/messages/{message.pk}/ask-again/" in answer.content.decode()
        browser.post(f"/messages/{message.pk}/ask-again/")
        message.refresh_from_db()
        assert message.state == State.PROPOSED

    def test_it_is_said_what_became_of_one_a_worker_was_quicker_with(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        message = tomorrows(contact, state=State.SENT)
        for what in ("approve", "ask-again", "now", "anyway", "cancel", "resume", "propose"):
            answer = login(owner).post(f"/messages/{message.pk}/{what}/", follow=True)
            assert "no longer as it was shown. It is now: Sent." in answer.content.decode()
        answer = login(owner).post(f"/messages/{message.pk}/hold/", {"why": "x"}, follow=True)
        assert "It is now: Sent." in answer.content.decode()

    def test_nobody_is_led_to_another_site(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, state=State.PROPOSED)
        for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
            for what in ("hold", "now", "cancel", "edit", "anyway"):
                page = login(owner).get(f"/messages/{message.pk}/{what}/", {"next": evil}).content.decode()
                assert "evil" not in page
                assert "alert(1)" not in page
            answer = login(owner).post(f"/messages/{message.pk}/approve/", {"next": evil})
            assert answer["Location"] == f"/messages/{message.pk}/"

    @pytest.mark.parametrize(("state", "undo"), [(State.PLANNED, "resume"), (State.PROPOSED, "propose")])
    def test_holding_asks_for_a_reason_and_can_be_undone(
        self, contact: Contact, owner: User, login: Login, state: State, undo: str
    ) -> None:
        message = tomorrows(contact, state=state)
        browser = login(owner)
        assert "Hold this message?" in browser.get(f"/messages/{message.pk}/hold/").content.decode()
        for empty in ("", "   ", "\x00"):
            assert browser.post(f"/messages/{message.pk}/hold/", {"why": empty}).status_code == 422
        answer = browser.post(f"/messages/{message.pk}/hold/", {"why": "She <b>is</b> ill.", "next": PAGE}, follow=True)
        assert "Held by Mia Berg: She &lt;b&gt;is&lt;/b&gt; ill." in answer.content.decode()
        assert f"/messages/{message.pk}/{undo}/" in answer.content.decode()
        browser.post(f"/messages/{message.pk}/{undo}/")
        message.refresh_from_db()
        assert (message.state, message.detail) == (state, "")

    def test_sending_now_asks_and_says_what_the_gate_would(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact)
        factories.complaint(contact.customer)
        browser = login(owner)
        page = browser.get(f"/messages/{message.pk}/now/").content.decode()
        assert "Send this message now?" in page
        assert "Would be held:" in page
        browser.post(f"/messages/{message.pk}/now/")
        message.refresh_from_db()
        assert (message.due_at, message.state, message.released_rules) == (NOW, State.PLANNED, [])

    def test_one_sent_early_has_the_date_of_that_day_and_is_still_of_its_birthday(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        Contact.objects.update(birthday_day=27)
        message = tomorrows(contact, due_at=NOW + timedelta(days=1), expires_at=NOW + timedelta(days=2))
        assert "Fri, 27 Nov" in read(build(message))["Date"]
        login(owner).post(f"/messages/{message.pk}/now/")
        message.refresh_from_db()
        assert "Thu, 26 Nov" in read(build(message))["Date"]
        assert message.dated_at == NOW + timedelta(days=1)

    def test_sending_anyway_names_the_rules_and_sets_those_aside(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        message = tomorrows(contact, state=State.HELD, reason="open_complaint", detail="Open complaint.")
        factories.complaint(contact.customer, what="Late delivery")
        browser = login(owner)
        page = browser.get(f"/messages/{message.pk}/anyway/").content.decode()
        assert "would be set aside" in page
        assert "Late delivery" in page
        assert 'name="rule" value="open_complaint"' in page
        browser.post(f"/messages/{message.pk}/anyway/", {"rule": ["open_complaint"]})
        message.refresh_from_db()
        assert (message.state, message.released_rules) == (State.PLANNED, ["open_complaint"])
        assert (message.decided_by, message.decided_at) == (owner, NOW)

    def test_what_nobody_may_set_aside_offers_a_call_only(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, state=State.HELD, reason="open_complaint", detail="Open complaint.")
        Contact.objects.update(do_not_contact=True)
        page = login(owner).get(f"/messages/{message.pk}/anyway/").content.decode()
        assert "Nobody can set this aside." in page
        assert "Call instead" in page
        assert '<button class="btn btn-danger"' not in page


class TestWriting:
    OWN = {
        "subject": "For {preferred_name}",
        "text": "Dear {preferred_name},\n\nsee you at https://x.example/a\n{sender}",
    }

    def test_begins_with_the_usual_words_and_lists_the_fields(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        page = login(owner).get(f"/messages/{tomorrows(contact).pk}/edit/")
        assert "wish you a very happy birthday" in page.context["form"]["text"].value()
        assert "how they like to be addressed" in page.content.decode()

    def test_its_own_text_goes_out_in_text_and_html(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact)
        answer = login(owner).post(f"/messages/{message.pk}/edit/", self.OWN, follow=True)
        assert "goes out in these words" in answer.content.decode()
        message.refresh_from_db()
        mail = read(build(message))
        assert mail["Subject"] == "For Amira"
        assert text_of(mail).startswith("Dear Amira,\n\nsee you at https://x.example/a\nMia Berg")
        assert '<a href="https://x.example/a"' in html_of(mail)
        assert "<br>" in html_of(mail)
        assert "/u/" in text_of(mail)
        assert "own text" in login(owner).get(PAGE).content.decode()

    def test_markup_of_the_writer_and_of_the_customer_stays_text(
        self, contact: Contact, owner: User, login: Login
    ) -> None:
        Contact.objects.update(preferred_name="<i>Amira</i>")
        message = tomorrows(contact)
        text = "Hi {preferred_name} <script>alert(1)</script> javascript:alert(2) {{x}}"
        login(owner).post(f"/messages/{message.pk}/edit/", {"subject": "Hi", "text": text})
        message.refresh_from_db()
        html = html_of(read(build(message)))
        assert "<script" not in html
        assert 'href="javascript' not in html
        assert "&lt;i&gt;Amira&lt;/i&gt;" in html
        assert "{x}" in html

    @pytest.mark.parametrize(
        ("part", "value", "sentence"),
        [
            ("text", "Dear {nickname}", "There is no merge field {nickname} here."),
            ("subject", "{nickname}", "There is no merge field {nickname} here."),
            ("text", "{a.b}", "is not a merge field"),
            ("text", "Thanks for {occasion}", "There is no merge field {occasion} here."),
            ("text", " ", "This field is required."),
            ("text", "x" * 20_001, "Nothing is lost"),
        ],
    )
    def test_a_faulty_text_is_refused_by_name_and_nothing_is_lost(
        self, contact: Contact, owner: User, login: Login, part: str, value: str, sentence: str
    ) -> None:
        message = tomorrows(contact)
        answer = login(owner).post(f"/messages/{message.pk}/edit/", self.OWN | {part: value})
        assert answer.status_code == 422
        assert any(sentence in error for error in answer.context["form"].errors[part])
        message.refresh_from_db()
        assert message.own_text == ""

    def test_a_survey_keeps_its_link(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, kind=MessageKind.SURVEY, invitation=factories.invitation(contact))
        browser = login(owner)
        answer = browser.post(f"/messages/{message.pk}/edit/", self.OWN)
        assert "{scores} or {survey_link}" in answer.content.decode()
        browser.post(
            f"/messages/{message.pk}/edit/", {"subject": "Hi", "text": "Please\n\n{scores}\n\nor {survey_link}"}
        )
        message.refresh_from_db()
        html = html_of(read(build(message)))
        assert html.count("?score=") == 11
        assert "{" not in html.partition("<body")[2]

    def test_a_preview_is_for_its_reader_and_saves_nothing(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact)
        answer = login(owner).post(f"/messages/{message.pk}/edit/preview/", self.OWN)
        assert "Dear Amira" in answer.content.decode()
        assert "sandbox" in answer["Content-Security-Policy"]
        wrong = login(owner).post(f"/messages/{message.pk}/edit/preview/", {"subject": "", "text": "{nickname}"})
        assert "There is no merge field {nickname}" in wrong.content.decode()
        assert "There is no text yet." in login(owner).post(f"/messages/{message.pk}/edit/preview/").content.decode()
        message.refresh_from_db()
        assert message.own_text == ""

    def test_the_usual_wording_comes_back(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, own_subject="x", own_text="y")
        login(owner).post(f"/messages/{message.pk}/edit/", {"wording": "1"})
        message.refresh_from_db()
        assert message.own_text == ""

    @pytest.mark.parametrize("value", ["\x00", "👩🏽‍💻 \u202e", "a\r\nb", "<" * 9000, "{{" * 5000, "{scores}"])
    def test_no_text_whatever_is_an_error_of_the_server(
        self, contact: Contact, owner: User, login: Login, value: str
    ) -> None:
        message = tomorrows(contact)
        for part in ("subject", "text"):
            posted = self.OWN | {part: value}
            assert login(owner).post(f"/messages/{message.pk}/edit/", posted).status_code in {302, 422}
            assert login(owner).post(f"/messages/{message.pk}/edit/preview/", posted).status_code == 200

    def test_what_is_gone_is_not_rewritten(self, contact: Contact, owner: User, login: Login) -> None:
        message = tomorrows(contact, state=State.SENT)
        assert "can not be changed" in login(owner).get(f"/messages/{message.pk}/edit/").content.decode()
        answer = login(owner).post(f"/messages/{message.pk}/edit/", self.OWN, follow=True)
        assert "It is now: Sent." in answer.content.decode()
