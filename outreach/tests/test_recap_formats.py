"""Recaps in the form and the order a customer likes: headings found in notes, plain text, PDF and Word documents."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import docx
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Contact, Customer
from interactions.models import Interaction, Kind
from outreach.inviting import tell
from outreach.merging import merge
from outreach.models import Format, Message, Part, ReaderFormat, RecapStyle, usual_parts
from outreach.phrases import phrases_in
from outreach.recapping import beginning
from outreach.structuring import Block, arranged, blocks_of, parts_of
from outreach.tests.reading import build, html_of, read, text_of
from outreach.typesetting import as_docx, as_pdf, unprintable
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company")]
Login = Callable[[User], Client]
NOTES = """We spoke about the year.
Decision: two machines, in blue
Promise: Mia sends samples by Friday
They: send the drawings
- Next: in January, at theirs
Mood: good"""
EVERYTHING = "Größe, Łódź, Ελληνικά, Кириллица, שלום, مرحبا"


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def amira(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad")


@pytest.fixture
def met(amira: Contact, owner: User) -> Interaction:
    return factories.interaction(amira.customer, kind=Kind.MEETING, contact=amira, author=owner, notes=NOTES)


def test_marked_lines_stand_under_headings_of_their_own(met: Interaction, amira: Contact) -> None:
    promised = {"is_promise": True, "due_at": NOW + timedelta(days=1), "title": "Send the price list"}
    factories.follow_up(met.customer, source=met, **promised)
    begins = datetime(2026, 12, 3, 13, tzinfo=UTC)
    factories.meeting(met.customer, amira, title="The order", starts_at=begins)

    assert beginning(met, amira) == (
        "We spoke about the year.\nMood: good\n\n"
        "Decisions:\n- two machines, in blue\n\n"
        "What we promised:\n- Mia sends samples by Friday\n- Send the price list (by 27 November)\n\n"
        "What you do:\n- send the drawings\n\n"
        "Our next meeting:\n- in January, at theirs\n"
        "- Thursday, 3 December, 14:00–15:00 (Europe/Stockholm): The order"
    )


def test_the_customers_own_headings_and_their_order_are_kept(met: Interaction, amira: Contact) -> None:
    headings = [("next", ""), ("decisions", "Beschlüsse"), ("talked", "Protokoll:")]
    RecapStyle.objects.create(customer=met.customer, headings=headings)
    met.refresh_from_db()
    Contact.objects.filter(pk=amira.pk).update(language="de")
    amira.refresh_from_db()

    text = beginning(met, amira)

    assert [block.heading for block in blocks_of(text)] == ["Unser nächstes Treffen:", "Beschlüsse:", "Protokoll:"]
    assert "samples" not in text


def test_what_has_no_lines_has_no_heading_and_nothing_is_nothing() -> None:
    phrases = phrases_in("en").recap

    assert arranged(parts_of(""), phrases, usual_parts()) == ""
    assert arranged(parts_of("Entscheidung: blau"), phrases, usual_parts()) == "Decisions:\n- blau"
    assert parts_of("See https://example.com\nRatio 3:4")[Part.TALKED] == ["See https://example.com", "Ratio 3:4"]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("Hello:\n- one", [("Hello:", ["- one"])]),
        ("Alone:", [("", ["Alone:"])]),
        ("- point:\nmore", [("", ["- point:", "more"])]),
        ("x" * 90 + ":\nmore", [("", ["x" * 90 + ":", "more"])]),
        ("", [("", [""])]),
        ("決定:\n青", [("決定:", ["青"])]),
    ],
)
def test_headings_are_read_again(text: str, blocks: list[tuple[str, list[str]]]) -> None:
    assert blocks_of(text) == [Block(heading, lines) for heading, lines in blocks]


def of_format(amira: Contact, format: str, text: str = "Decisions:\n- <b>Two</b> in blue") -> Message:
    ReaderFormat.objects.update_or_create(contact=amira, defaults={"format": format})
    return Message.objects.get(pk=factories.recap(amira, text).pk)


def test_in_the_mail_headings_stand_out_and_nothing_is_markup(amira: Contact) -> None:
    html = html_of(read(build(of_format(amira, Format.HTML))))

    assert "<strong>Decisions:</strong><br>- &lt;b&gt;Two&lt;/b&gt; in blue" in html


def test_plain_text_has_no_other_part(amira: Contact) -> None:
    mail = read(build(of_format(amira, Format.TEXT)))

    assert "Decisions:\n- <b>Two</b> in blue" in text_of(mail)
    assert mail.get_body(("html",)) is None


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_pdf_comes_with_the_words_in_the_mail(amira: Contact, language: str) -> None:
    Contact.objects.filter(pk=amira.pk).update(language=language)
    message = of_format(amira, Format.PDF, f"Decisions:\n- {EVERYTHING}")

    built = build(message)

    read(built)
    assert built.attached and built.attached.name == "recap-2026-11-26.pdf"
    assert built.attached.content.startswith(b"%PDF-") and b"DejaVuSans" in built.attached.content
    assert EVERYTHING in text_of(read(built))
    assert build(message).wire() == built.wire()


def test_a_word_document_has_headings_and_points(amira: Contact) -> None:
    message = of_format(amira, Format.DOCX, f"Decisions:\n- {EVERYTHING}\n- {{sender}} 日本語")

    built = build(message)

    assert built.attached is not None
    document = docx.Document(io.BytesIO(built.attached.content))
    assert [(p.style and p.style.name, p.text) for p in document.paragraphs] == [
        ("Heading 1", "Recap of our meeting on 26 November"),
        ("Heading 2", "Decisions:"),
        ("List Bullet", EVERYTHING),
        ("List Bullet", "{sender} 日本語"),
    ]
    assert build(message).wire() == built.wire()


def test_an_arabic_document_runs_from_right_to_left() -> None:
    made = as_docx("ملخص", [Block("", ["مرحبا"])], company="N", language="ar", rtl=True, made_at=NOW)
    other = as_docx("Recap", [Block("", ["Hello"])], company="N", language="en", rtl=False, made_at=NOW)

    turned = [docx.Document(io.BytesIO(packed)).paragraphs[-1]._p.xml for packed in (made, other)]
    assert ["w:bidi" in xml for xml in turned] == [True, False]


def test_no_word_is_a_command_of_the_typesetter() -> None:
    words = '#read("/etc/passwd") *bold* $x$ @ref <label> \\ ` // -- "quoted" \u0000'
    made = as_pdf(words, [Block(words, [f"- {words}", words])], company=words, language="en", rtl=False, made_at=NOW)

    assert made.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("text", "letters"),
    [(EVERYTHING, ""), ("“Hm” – 3 × 4 € → ½ …", ""), ("日本 and 日", "日本"), ("हि 👍", "हि👍")],
)
def test_what_a_pdf_can_not_show_is_known(text: str, letters: str) -> None:
    assert "".join(unprintable(text)) == letters


def test_what_a_pdf_can_not_show_is_said_before_it_is_sent(
    met: Interaction, amira: Contact, owner: User, login: Login
) -> None:
    ReaderFormat.objects.create(contact=amira, format=Format.PDF)
    browser, address = login(owner), reverse("recap_new", args=[met.pk])
    assert "Mail with a PDF" in browser.get(address).content.decode()

    answer = browser.post(address, {"contacts": [amira.pk], "text": "日本"})

    assert answer.status_code == 422
    assert "A PDF for Amira Haddad can not show “日 本”." in answer.content.decode()
    assert not Message.objects.exists()
    # Where it comes up later the words go out without one.
    assert build(of_format(amira, Format.PDF, "日本")).attached is None


def test_the_page_keeps_what_they_like(met: Interaction, amira: Contact, owner: User, login: Login) -> None:
    browser, address = login(owner), reverse("recap_style", args=[met.customer_id])
    form = browser.get(address).context["form"]
    assert [form[f"place_{part}"].value() for part in Part] == [1, 2, 3, 4, 5]
    data = {"format": "pdf", f"format_{amira.pk}": "docx", "place_next": "1", "place_talked": "2"}

    assert browser.post(address, data | {"label_next": "How we go on"}).status_code == 302

    style = RecapStyle.objects.get()
    assert style.parts == [(Part.NEXT, "How we go on"), (Part.TALKED, "")]
    assert ReaderFormat.objects.get().format == Format.DOCX
    browser.post(address, data | {f"format_{amira.pk}": ""})
    assert not ReaderFormat.objects.exists()
    assert "Give at least one part a place." in browser.post(address, {"format": "pdf"}).content.decode()
    wrong = browser.post(address, {"format": "rtf", "place_next": "0", "label_next": "x" * 79})
    assert wrong.status_code == 422
    assert RecapStyle.objects.get().parts == [(Part.NEXT, ""), (Part.TALKED, "")]


def test_two_who_like_it_otherwise_can_be_merged(amira: Contact, owner: User) -> None:
    other = factories.contact(factories.customer(owner))
    for contact, wanted in ((amira, "pdf"), (other, "docx")):
        RecapStyle.objects.create(customer=contact.customer, format=wanted)
        ReaderFormat.objects.create(contact=contact, format=wanted)

    merge(amira.customer, other.customer, by=owner, at=NOW)

    assert RecapStyle.objects.get().format == Format.PDF
    assert ReaderFormat.objects.count() == 2


def test_what_waits_is_shown_as_it_will_go_out(met: Interaction, amira: Contact, owner: User, login: Login) -> None:
    waiting = {"state": "planned", "finished_at": None}
    recap = of_format(amira, Format.TEXT, "Decisions:\n- <b>Two</b> in blue")
    promise = factories.promise_mail(amira, title="Send samples").message
    invitation = tell(factories.meeting(met.customer, amira, title="The order"), [amira], by=owner, at=NOW)[0]
    Message.objects.update(**waiting)
    browser = login(owner)

    for message, words in ((recap, "&lt;b&gt;Two&lt;/b&gt;"), (promise, "Send samples"), (invitation, "The order")):
        page = browser.get(reverse("message", args=[message.pk]))
        assert page.status_code == 200 and "mail is pointless" not in page.content.decode()
        assert words in browser.get(reverse("message_html", args=[message.pk])).content.decode()
    edited = browser.post(reverse("message_edit_preview", args=[recap.pk]), {"subject": "S", "text": "Words"})
    assert "Words" in edited.content.decode()
    assert browser.get(reverse("tomorrow")).status_code == 200
