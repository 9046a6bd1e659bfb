"""Recaps: the notes of a conversation, sent once to each who was there, by whoever presses the button."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import Interaction, Kind, Outcome
from outreach import gate
from outreach.accounting import account
from outreach.approving import ask_for
from outreach.composing import Composer, Unwritable
from outreach.models import Message, State, Suppression
from outreach.recapping import plan_recaps, readers
from outreach.tests.reading import build, html_of, read, text_of
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
Login = Callable[[User], Client]
NOTES = "They want two more machines {in blue}.\nSee https://example.com/plan\n\nDelivery <b>in March</b>."


@pytest.fixture(autouse=True)
def now(time_machine: Any, company: Company) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira")


@pytest.fixture
def jonas(customer: Customer) -> Contact:
    return factories.contact(customer, name="Jonas Weber", language="de", tone="friendly", preferred_name="Jonas")


@pytest.fixture
def meeting(amira: Contact, owner: User) -> Interaction:
    return factories.interaction(
        amira.customer,
        kind=Kind.MEETING,
        contact=amira,
        author=owner,
        notes=NOTES,
        happened_at=NOW - timedelta(minutes=10),
    )


def page(meeting: Interaction) -> str:
    return f"/interactions/{meeting.pk}/recap/"


def posted(*to: Contact, text: str = NOTES) -> dict[str, Any]:
    return {"contacts": [str(contact.pk) for contact in to], "text": text}


def ruling(message: Message) -> str:
    found = gate.check(gate.load([message.pk]), at=message.due_at, company=Company.current()).get(message.pk)
    return found.rule if found else ""


def test_it_begins_with_the_notes_and_what_was_promised_then(
    meeting: Interaction, jonas: Contact, owner: User, login: Login
) -> None:
    promised = {"is_promise": True, "due_at": NOW + timedelta(days=1, hours=14)}
    factories.follow_up(meeting.customer, title="Send the {price} list", source=meeting, **promised)
    factories.follow_up(meeting.customer, title="Look at the plan", source=meeting)
    factories.follow_up(meeting.customer, title="Of another talk", **promised)

    shown = login(owner).get(page(meeting))

    text = f"{NOTES}\n\nWhat we promised:\n- Send the {{price}} list (by 28 November)"
    assert shown.context["form"]["text"].value() == text
    assert shown.context["ticked"] == {str(meeting.contact_id)}
    assert "Jonas Weber" in shown.content.decode()


def test_where_nobody_is_named_the_main_contact_is_ticked(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, login: Login
) -> None:
    Interaction.objects.update(contact=None)
    assert login(owner).get(page(meeting)).context["ticked"] == {str(amira.pk)}
    Interaction.objects.update(contact=jonas)
    assert login(owner).get(page(meeting)).context["ticked"] == {str(jonas.pk)}


def test_each_gets_one_in_two_minutes_in_the_wording_of_their_language(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, login: Login
) -> None:
    answer = login(owner).post(page(meeting), posted(amira, jonas), follow=True)

    assert "goes out to 2 people in two minutes" in answer.content.decode()
    to_amira, to_jonas = Message.objects.order_by("contact__name")
    assert to_amira.occasion == f"recap:{meeting.pk}:{amira.pk}"
    assert (to_amira.kind, to_amira.state) == ("recap", State.PLANNED)
    assert to_amira.due_at == NOW + timedelta(minutes=2)
    assert (to_amira.decided_by, to_amira.interaction) == (owner, meeting)
    mail = read(build(to_amira))
    assert mail["Subject"] == "Recap of our meeting on 26 November"
    assert mail["Reply-To"].addresses[0].addr_spec == "mia@example.com"
    text = text_of(mail)
    assert text.startswith("Dear Amira,\n\nthank you for our meeting on 26 November. This is what we noted:\n\n")
    assert NOTES in text
    html = html_of(mail)
    assert "They want two more machines {in blue}.<br>See <a" in html
    assert "Delivery &lt;b&gt;in March&lt;/b&gt;." in html
    german = text_of(read(build(to_jonas)))
    assert german.startswith("Hallo Jonas,\n\ndanke für unser Treffen am 26. November.")
    assert NOTES in german


def test_with_one_reader_it_leads_to_where_it_can_be_stopped(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    answer = login(owner).post(page(meeting), posted(amira), follow=True)
    message = Message.objects.get()
    assert answer.redirect_chain[0][0] == f"/messages/{message.pk}/"
    shown = answer.content.decode()
    assert "two minutes" in shown
    assert f"/messages/{message.pk}/cancel/" in shown
    assert "Meeting on 26 November 2026" in shown


def test_nobody_gets_it_twice_and_is_told_so_kindly(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, login: Login
) -> None:
    browser = login(owner)
    browser.post(page(meeting), posted(amira))
    Message.objects.update(state=State.SENT, finished_at=NOW)

    answer = browser.post(page(meeting), posted(amira, jonas, text="Other words"))

    assert answer.status_code == 422
    sentence = "Amira Haddad got this recap on 26 November, 10:00; it goes to each person once."
    assert sentence in answer.content.decode()
    assert answer.context["form"]["text"].value() == "Other words"
    assert Message.objects.count() == 1
    assert browser.get(page(meeting)).context["ticked"] == set()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": State.PLANNED}, "on its way to Amira Haddad"),
        ({"state": State.HELD, "finished_at": NOW}, "is held"),
        ({"state": State.UNKNOWN, "finished_at": NOW, "attempts": 1}, "may have reached Amira Haddad"),
        ({"state": State.CANCELLED, "finished_at": NOW, "attempts": 1}, "may have reached Amira Haddad"),
        ({"state": State.CANCELLED, "finished_at": NOW}, ""),
        ({"state": State.EXPIRED, "finished_at": NOW}, ""),
        ({"state": State.FAILED, "finished_at": NOW, "attempts": 1}, ""),
        ({"state": State.FAILED, "finished_at": NOW, "attempts": 2}, "may have reached Amira Haddad"),
    ],
)
def test_only_what_surely_never_arrived_is_sent_again_by_a_person(
    meeting: Interaction, amira: Contact, owner: User, fields: dict[str, Any], sentence: str
) -> None:
    plan_recaps(meeting, [amira], "First", by=owner, at=NOW - timedelta(minutes=5))
    Message.objects.update(reason="x", detail="x", own_text="Once", **fields)

    (reader,) = readers(meeting, company=Company.current(), at=NOW)
    assert sentence in reader.why_not
    assert bool(sentence) == bool(reader.why_not)
    planned, refused = plan_recaps(meeting, [amira], "Second", by=owner, at=NOW)

    message = Message.objects.select_related("recap").get()
    assert message.recap.text == ("First" if sentence else "Second")
    assert refused == ([amira] if sentence else [])
    if planned:
        assert (message.state, message.reason, message.detail, message.own_text) == (State.PLANNED, "", "", "")
        assert (message.due_at, message.finished_at) == (NOW + timedelta(minutes=2), None)
    assert account(at=NOW).balances


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_send_one(meeting: Interaction, amira: Contact, owner: User) -> None:
    found = at_once(lambda: plan_recaps(meeting, [amira], "Once", by=owner, at=NOW), 2)
    assert sorted(len(planned) for planned, _refused in found) == [0, 1]
    assert Message.objects.count() == 1


def test_who_can_not_get_it_is_shown_with_the_reason(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    customer = meeting.customer
    factories.contact(customer, name="Bo", email="")
    factories.contact(customer, name="Cy", deceased=True)
    factories.contact(customer, name="Di", do_not_contact=True)
    factories.contact(customer, name="Ed", email="ed@example.com")
    Suppression.objects.suppress("ed@example.com", "550 5.1.1", NOW)

    shown = login(owner).get(page(meeting))

    why = {reader.contact.name: reader.why_not for reader in shown.context["readers"]}
    assert why["Amira Haddad"] == ""
    assert why["Bo"] == "There is no e-mail address for Bo."
    assert why["Cy"] == "The contact has died."
    assert why["Di"] == "They asked not to be contacted."
    assert "came back as undeliverable" in why["Ed"]
    assert all(sentence in shown.content.decode() for sentence in why.values())
    for contact in customer.contacts.exclude(pk=amira.pk):
        assert login(owner).post(page(meeting), posted(contact)).status_code == 422
    assert not Message.objects.exists()


@pytest.mark.parametrize("spoil", [{"do_not_contact": True}, {"lost_on": NOW.date()}])
def test_nobody_at_a_lost_or_silent_customer_gets_it(
    meeting: Interaction, amira: Contact, owner: User, login: Login, spoil: dict[str, Any]
) -> None:
    Customer.objects.update(**spoil)
    shown = login(owner).get(page(meeting))
    assert "send-button" not in shown.content.decode()
    assert login(owner).post(page(meeting), posted(amira)).status_code == 422


def test_at_night_it_says_that_it_waits(meeting: Interaction, amira: Contact, owner: User, login: Login) -> None:
    Contact.objects.update(time_zone="Pacific/Auckland")
    (reader,) = login(owner).get(page(meeting)).context["readers"]
    assert not reader.why_not
    assert "It waits until 08:00" in reader.waits
    answer = login(owner).post(page(meeting), posted(amira), follow=True)
    assert "goes out to 1 person when it is day there" in answer.content.decode()


def test_promises_are_told_in_the_language_the_mail_will_be_in(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    factories.follow_up(meeting.customer, source=meeting, is_promise=True)
    for language, words in (("de", "Was wir zugesagt haben:"), ("sv", "What we promised:")):
        Contact.objects.update(language=language)
        assert words in login(owner).get(page(meeting)).context["form"]["text"].value()


def test_it_answers_to_no_consent_and_to_no_complaint(meeting: Interaction, amira: Contact, owner: User) -> None:
    Contact.objects.update(allows_greetings=False, allows_thanks=False, allows_surveys=False)
    factories.complaint(meeting.customer)
    factories.follow_up(meeting.customer, is_promise=True, due_at=NOW - timedelta(days=1))
    factories.message(amira, state=State.SENT, finished_at=NOW - timedelta(days=1))
    ((message,), _refused) = plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    assert ruling(message) == ""


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [({"do_not_contact": True}, "do_not_contact"), ({"deceased": True}, "deceased"), ({"email": ""}, "no_address")],
)
def test_what_changes_until_it_leaves_is_seen_by_the_gate(
    meeting: Interaction, amira: Contact, owner: User, spoil: dict[str, Any], rule: str
) -> None:
    ((message,), _refused) = plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    Contact.objects.update(**spoil)
    assert ruling(message) == rule


def test_without_the_conversation_it_is_not_written(meeting: Interaction, amira: Contact, owner: User) -> None:
    ((message,), _refused) = plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    meeting.delete()
    message.refresh_from_db()
    with pytest.raises(Unwritable, match="no longer in the system"):
        build(message)


def test_it_waits_for_approval_where_the_company_asks_for_it(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    ask_for([("recap", meeting.customer.segment_id)])
    answer = login(owner).post(page(meeting), posted(amira), follow=True)
    assert "The recap waits for approval." in answer.content.decode()
    assert Message.objects.get().state == State.PROPOSED


@pytest.mark.parametrize(
    "spoil", [{"notes": " "}, {"outcome": Outcome.NO_ANSWER}, {"outcome": Outcome.MISSED_BY_THEM}, {"kind": Kind.EMAIL}]
)
def test_there_is_none_of_what_was_not_said(
    meeting: Interaction, amira: Contact, owner: User, login: Login, spoil: dict[str, Any]
) -> None:
    Interaction.objects.update(**spoil)
    shown = login(owner).get(page(meeting))
    assert shown.status_code == 200
    assert "There is nothing to send yet" in shown.content.decode()
    assert login(owner).post(page(meeting), posted(amira)).status_code == 422
    assert page(meeting) not in login(owner).get(f"/customers/{meeting.customer_id}/timeline/").content.decode()


@pytest.mark.parametrize(
    ("data", "part", "sentence"),
    [
        ({"contacts": []}, "contacts", "Choose who is to get it."),
        ({"contacts": ["9" * 30]}, "contacts", "Choose from the contacts"),
        ({"contacts": ["x"]}, "contacts", "Choose from the contacts"),
        ({"text": " "}, "text", "This field is required."),
        ({"text": "x" * 20_001}, "text", "Nothing is lost"),
    ],
)
def test_a_fault_is_named_and_nothing_is_lost(
    meeting: Interaction, amira: Contact, owner: User, login: Login, data: dict[str, Any], part: str, sentence: str
) -> None:
    answer = login(owner).post(page(meeting), posted(amira) | data)
    assert answer.status_code == 422
    assert any(sentence in error for error in answer.context["form"].errors[part])
    if "text" not in data:
        assert answer.context["form"]["text"].value() == NOTES
    else:
        assert answer.context["ticked"] == {str(amira.pk)}
    assert not Message.objects.exists()


def test_nobody_at_another_customer_gets_it(meeting: Interaction, owner: User, login: Login) -> None:
    assert login(owner).post(page(meeting), posted(factories.contact())).status_code == 422
    assert not Message.objects.exists()


def test_an_owner_without_an_address_is_named(meeting: Interaction, amira: Contact, owner: User, login: Login) -> None:
    User.objects.filter(pk=owner.pk).update(email="mia@nowhere")
    answer = login(owner).post(page(meeting), posted(amira))
    assert answer.status_code == 422
    assert "Mia Berg has no address mail can be sent to" in answer.content.decode()


def test_what_it_says_can_be_corrected_for_one_while_it_waits(
    meeting: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    ((message,), _refused) = plan_recaps(meeting, [amira], NOTES, by=owner, at=NOW)
    browser = login(owner)
    begun = browser.get(f"/messages/{message.pk}/edit/").context["form"]
    text = begun["text"].value()
    assert "machines {{in blue}}." in text
    assert "Dear {preferred_name}," in text
    given = {"subject": begun["subject"].value(), "text": text.replace("March", "April")}
    assert browser.post(f"/messages/{message.pk}/edit/", given).status_code == 302
    message.refresh_from_db()
    corrected = text_of(read(build(message)))
    assert "Delivery <b>in April</b>." in corrected
    assert "machines {in blue}." in corrected


def test_others_begin_with_what_the_first_got(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, login: Login
) -> None:
    plan_recaps(meeting, [amira], "As it was sent", by=owner, at=NOW)
    assert login(owner).get(page(meeting)).context["form"]["text"].value() == "As it was sent"


@pytest.mark.parametrize(("kind", "words"), [(Kind.CALL, "our call"), (Kind.VISIT, "our visit")])
def test_calls_and_visits_have_words_of_their_own(
    meeting: Interaction, amira: Contact, owner: User, kind: Kind, words: str
) -> None:
    meeting.kind = kind
    meeting.save()
    ((message,), _refused) = plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    assert f"thank you for {words} on 26 November" in text_of(read(build(message)))


def test_tomorrow_and_messages_show_it(meeting: Interaction, amira: Contact, owner: User, login: Login) -> None:
    plan_recaps(meeting, [amira], "Said", by=owner, at=NOW)
    for shown in ("/messages/", "/messages/tomorrow/"):
        assert "Meeting recap" in login(owner).get(shown).content.decode()


def test_ten_contacts_cost_as_many_queries_as_one(meeting: Interaction, owner: User, login: Login) -> None:
    browser = login(owner)
    counts = []
    for more in (1, 2, 7):
        for _number in range(more):
            contact = factories.contact(meeting.customer)
            plan_recaps(meeting, [contact], "Said", by=owner, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page(meeting))
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


def test_a_batch_is_composed_without_a_query_for_each(
    meeting: Interaction, amira: Contact, jonas: Contact, owner: User, company: Company
) -> None:
    planned, _refused = plan_recaps(meeting, [amira, jonas], "Said", by=owner, at=NOW)
    messages = gate.load([message.pk for message in planned])
    composer = Composer(company=company, at=NOW)
    composer.prepare(messages)
    assert composer.wordings
    with CaptureQueriesContext(connection) as queries:
        assert [composer.build(message).to for message in messages] == [[amira.email], [jonas.email]]
    assert len(queries) == 0
