"""“That is not what we agreed”: said by the link of a recap, taken over as a new version or declined with a word."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Contact, Customer
from interactions.models import FollowUp
from outreach.agreeing import MOST, SAID_WITHIN, accept, correct, correction_link, correction_token, decline
from outreach.models import AgreedVersion, Correction, Decision, Message, Notification, State
from outreach.public_views import MOST_FROM_A_PLACE
from outreach.recapping import plan_recaps, readers
from outreach.tests.reading import build, html_of, read, text_of
from retention_crm.lib.masking import mask
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def now(time_machine: Any, settings: Any) -> None:
    # Nobody else counts with these.
    shared = settings.CACHES["shared"] | {"KEY_PREFIX": uuid4().hex}
    settings.CACHES = settings.CACHES | {"shared": shared}
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


@pytest.fixture
def recap(amira: Contact) -> Message:
    return factories.recap(amira, "Two machines in red.\n\nWhat we promised:\n- Samples")


def page(recap: Message) -> str:
    return f"/r/{correction_token(recap.pk)}/"


def test_the_mail_has_a_link_of_its_own_that_no_log_keeps(recap: Message) -> None:
    mail = read(build(recap))

    link = correction_link(recap.pk)
    assert f"Is this not what we agreed? Tell me here:\n{link}" in text_of(mail)
    assert f'href="{link}"' in html_of(mail)
    assert correction_token(recap.pk) not in mask(text_of(mail))
    assert mask(f"GET {page(recap)} 200") == "GET /r/…/ 200"


def test_opening_it_changes_nothing_and_pressing_the_button_does(
    recap: Message, owner: User, client: Client, amira: Contact
) -> None:
    for ask in (client.get, client.head):
        answer = ask(page(recap))
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer" and "no-store" in answer.headers["Cache-Control"]
    assert not Correction.objects.exists()

    answer = client.post(page(recap), {"text": " Two in <b>blue</b>.\x00 "})

    said = Correction.objects.get()
    assert (said.text, said.contact, said.customer, said.decision) == (
        "Two in <b>blue</b>.",
        amira,
        amira.customer,
        Decision.OPEN,
    )
    shown = answer.content.decode()
    assert "Thank you. We have it" in shown and "Two in &lt;b&gt;blue&lt;/b&gt;." in shown
    task = FollowUp.objects.get()
    assert (task.assignee, task.origin, task.correction) == (owner, "recap", said.pk)
    assert FollowUp.objects.due_by(NOW + timedelta(hours=14)).get() == task
    told = Notification.objects.get()
    assert (told.person, told.kind, told.occasion) == (owner, "correction", f"correction:{said.pk}")


def test_said_twice_it_is_said_once_and_too_much_is_too_much(recap: Message, client: Client) -> None:
    for _time in range(2):
        client.post(page(recap), {"text": "Two in blue."})
    assert Correction.objects.count() == 1

    for number in range(MOST + 2):
        answer = client.post(page(recap), {"text": f"Number {number}"})
    assert Correction.objects.count() == MOST
    assert "We have enough on this already." in answer.content.decode()
    # What was written is not lost.
    assert f"Number {MOST + 1}</textarea>" in answer.content.decode()


@pytest.mark.parametrize(
    ("written", "words"), [("", "Write in a few words"), ("  \n ", "Write in a few words"), ("x" * 5001, "too long")]
)
def test_what_says_nothing_or_too_much_is_asked_for_again(
    recap: Message, client: Client, written: str, words: str
) -> None:
    answer = client.post(page(recap), {"text": written})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Correction.objects.exists()


def test_a_flood_from_one_place_is_stopped_and_says_so(recap: Message, client: Client) -> None:
    for _time in range(MOST_FROM_A_PLACE):
        client.post(page(recap), {"text": "Two in blue."})

    answer = client.post(page(recap), {"text": "Three."})

    assert "We have enough on this already." in answer.content.decode()
    assert Correction.objects.count() == 1


@pytest.mark.parametrize("spoil", ["changed", "old", "not_sent", "erased", "of_another_page", "nonsense"])
def test_every_link_that_does_not_work_leads_to_the_same_page(
    recap: Message, amira: Contact, client: Client, spoil: str
) -> None:
    address = page(recap)
    if spoil == "changed":
        address = address[:-3] + ("AA/" if address[-3:] != "AA/" else "BB/")
    elif spoil == "old":
        Message.objects.update(dated_at=NOW - SAID_WITHIN)
    elif spoil == "not_sent":
        Message.objects.update(state=State.CANCELLED)
    elif spoil == "erased":
        Contact.objects.filter(pk=amira.pk).delete()
    elif spoil == "of_another_page":
        address = f"/k/{correction_token(recap.pk)}/"
    else:
        address = "/r/nonsense/"

    for answer in (client.get(address), client.post(address, {"text": "Two in blue."})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert not Correction.objects.exists()


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "sv", "ar", "ja"])
def test_the_page_speaks_the_readers_language(recap: Message, amira: Contact, client: Client, language: str) -> None:
    Contact.objects.filter(pk=amira.pk).update(language=language)

    shown = client.post(page(recap), {"text": "Two in blue."}).content.decode()

    assert f'<html lang="{language}"' in shown
    assert ("Thank you." in shown) is (language == "en")


def test_taken_over_it_is_the_record_and_goes_out_once_more(
    recap: Message, amira: Contact, owner: User, login: Login, client: Client
) -> None:
    said = correct(recap, "Two in blue.", at=NOW)
    assert said is not None and recap.interaction is not None
    browser, address = login(owner), reverse("correction", args=[said.pk])
    assert "Two machines in red." in browser.get(address).content.decode()

    answer = browser.post(address, {"decision": "accept", "text": "Two machines in blue."}, follow=True)

    version = AgreedVersion.objects.get()
    assert (version.number, version.text, version.correction) == (2, "Two machines in blue.", said)
    said.refresh_from_db()
    assert (said.decision, said.decided_by) == (Decision.ACCEPTED, owner)
    assert not FollowUp.objects.open().exists()
    # The page of the recap begins with what is agreed now, and whoever had the first version can get this one.
    assert answer.context["form"]["text"].value() == "Two machines in blue."
    (reader,) = readers(recap.interaction, company=Company.current(), at=NOW)
    assert reader.why_not == ""
    planned, refused = plan_recaps(recap.interaction, [amira], version.text, by=owner, at=NOW)
    assert [message.occasion for message in planned] == [f"recap:{recap.interaction_id}:{amira.pk}:2"]
    assert plan_recaps(recap.interaction, [amira], version.text, by=owner, at=NOW) == ([], [amira])
    assert refused == []
    # The reader sees it behind the link of the first mail.
    shown = client.get(page(recap)).content.decode()
    assert "Two machines in blue." in shown and "We have taken it over" in shown
    # Both stand on the timeline.
    timeline = browser.get(reverse("customer_timeline", args=[amira.customer_id])).content.decode()
    assert "Not what was agreed, says <bdi>Amira Haddad</bdi>" in timeline and "Agreed anew, version 2" in timeline


def test_to_decline_it_needs_a_word_which_the_reader_sees(
    recap: Message, owner: User, login: Login, client: Client
) -> None:
    said = correct(recap, "Two in blue.", at=NOW)
    assert said is not None
    browser, address = login(owner), reverse("correction", args=[said.pk])

    refused = browser.post(address, {"decision": "decline", "word": " "})
    assert refused.status_code == 422 and "Say why, in a sentence" in refused.content.decode()
    assert browser.post(address, {"decision": "decline", "word": "Blue is not made any more."}).status_code == 302

    said.refresh_from_db()
    assert (said.decision, said.word) == (Decision.DECLINED, "Blue is not made any more.")
    assert "Blue is not made any more." in client.get(page(recap)).content.decode()
    assert not AgreedVersion.objects.exists()
    assert browser.post(address, {"decision": "accept", "text": "In blue."}).status_code == 200
    assert not AgreedVersion.objects.exists()


@pytest.mark.parametrize("data", [{}, {"decision": "accept", "text": ""}, {"decision": "x"}])
def test_what_decides_nothing_changes_nothing(recap: Message, owner: User, login: Login, data: dict[str, str]) -> None:
    said = correct(recap, "Two in blue.", at=NOW)
    assert said is not None

    assert login(owner).post(reverse("correction", args=[said.pk]), data).status_code in {200, 422}
    said.refresh_from_db()
    assert said.is_open


def test_from_today_and_the_bell_the_way_leads_to_the_decision(recap: Message, owner: User, login: Login) -> None:
    said = correct(recap, "Two in blue.", at=NOW)
    assert said is not None
    browser, address = login(owner), reverse("correction", args=[said.pk])

    assert address in browser.get(reverse("today")).content.decode()
    assert browser.get(reverse("notification", args=[Notification.objects.get().pk])).headers["Location"] == address
    assert browser.post(reverse("follow_up_done", args=[said.follow_up_id])).headers["Location"] == address
    assert FollowUp.objects.open().exists()


def test_a_recap_that_waits_with_the_older_words_is_not_sent(recap: Message, owner: User) -> None:
    jonas = factories.contact(recap.customer)
    assert recap.interaction is not None
    ((waiting,), _refused) = plan_recaps(recap.interaction, [jonas], "In red.", by=owner, at=NOW)
    said = correct(recap, "Two in blue.", at=NOW)
    assert said is not None

    accept(said, "In blue.", by=owner, at=NOW)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.CANCELLED, "agreed_anew")


@pytest.mark.django_db(transaction=True)
def test_several_at_once_say_it_once_and_decide_it_once(company: Company, recap: Message, owner: User) -> None:
    assert len({said.pk for said in at_once(lambda: correct(recap, "In blue.", at=NOW), 4) if said}) == 1
    pk = Correction.objects.get().pk

    def decide() -> bool:
        rows = Correction.objects.select_related("interaction", "follow_up")
        return accept(rows.get(pk=pk), "In blue.", by=owner, at=NOW) is not None

    assert sorted(at_once(decide, 4)) == [False, False, False, True]
    assert not decline(Correction.objects.get(pk=pk), "No", by=owner, at=NOW)
    assert [version.number for version in AgreedVersion.objects.all()] == [2]
    other = correct(recap, "In green.", at=NOW + timedelta(hours=1))
    assert other is not None
    accept(other, "In green.", by=owner, at=NOW)
    assert [version.number for version in AgreedVersion.objects.all()] == [3, 2]
