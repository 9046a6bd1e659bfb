"""What a mail looks like to those who get it, and that nothing in a row can break it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import ConsentKind, Contact, Customer
from outreach.composing import Composer, Unwritable
from outreach.layout import lay_out
from outreach.models import Message, MessageKind, Wording
from outreach.preferences import preference_link
from outreach.tests.reading import a_message, build, html_of, named_in, read, text_of
from outreach.unsubscribing import unsubscribe_link
from retention_crm.lib.masking import mask
from surveys.linking import answer_url
from tests import factories
from tests.factories import NOW

SITE = "https://crm.example.com"
WORST = [
    'Dr. "Bobby" O\'Neil; DROP TABLE',
    "عبد الرحمن بن محمد الفارسي",
    "Amira 👩🏽‍💻 Haddad",
    "a@evil.example, <b@evil.example>",
    "=?utf-8?q?Bcc:_evil@example.com?=",
    "X" * 200,
    "名" * 200,
    "<script>alert(1)</script> & Söhne",
    "{sender} {{company}} %s {0}",
    'back\\slash \\" quote',
]


@pytest.fixture(autouse=True)
def site(settings: Any, company: Company) -> Company:
    settings.SITE_URL = SITE
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"
    company.postal_address = "Storgatan 1\n111 22 Stockholm"
    company.save()
    return company


@pytest.fixture
def contact(customer: Customer) -> Contact:
    return factories.contact(customer, name="Amira Haddad", preferred_name="Amira", email="amira@lindqvist.example")


def test_a_greeting_comes_from_the_owner_and_answers_go_there(contact: Contact, owner: User) -> None:
    mail = read(build(a_message(contact)))
    for name in ("From", "Reply-To"):
        assert mail[name].addresses[0].display_name == "Mia Berg"
        assert mail[name].addresses[0].addr_spec == "mia@example.com"
    assert mail["To"].addresses[0].display_name == "Amira Haddad"
    assert mail["To"].addresses[0].addr_spec == "amira@lindqvist.example"
    assert mail["Subject"] == "Happy birthday, Amira"
    assert text_of(mail).startswith("Dear Amira,\n\nall of us at Nordlicht AB wish you")
    assert "Kind regards\nMia Berg\n" in text_of(mail)


def test_the_envelope_names_the_same_people(contact: Contact) -> None:
    mail = build(a_message(contact))
    assert mail.recipients() == ["amira@lindqvist.example"]
    assert mail.from_email == "Mia Berg <mia@example.com>"


@pytest.mark.parametrize(
    ("language", "tone", "subject", "greeting"),
    [
        ("en", "formal", "Happy birthday, Amira", "Dear Amira,"),
        ("en", "friendly", "Happy birthday, Amira!", "Hi Amira,"),
        ("de", "formal", "Alles Gute zum Geburtstag, Amira", "Guten Tag Amira,"),
        ("de", "friendly", "Alles Gute zum Geburtstag, Amira!", "Hallo Amira,"),
        ("ja", "friendly", "Happy birthday, Amira!", "Hi Amira,"),
    ],
)
def test_language_and_tone_are_the_contacts(
    contact: Contact, language: str, tone: str, subject: str, greeting: str
) -> None:
    contact.language, contact.tone = language, tone
    contact.save()
    mail = read(build(a_message(contact)))
    assert mail["Subject"] == subject
    assert text_of(mail).startswith(greeting)
    assert f'lang="{"en" if language == "ja" else language}" dir="ltr"' in html_of(mail)


def test_without_a_language_of_their_own_the_customers_counts(contact: Contact, customer: Customer) -> None:
    customer.language = "de"
    customer.save()
    assert text_of(read(build(a_message(contact)))).startswith("Guten Tag Amira,")


def test_without_a_preferred_name_the_name_is_used(contact: Contact) -> None:
    contact.preferred_name = ""
    contact.save()
    assert read(build(a_message(contact)))["Subject"] == "Happy birthday, Amira Haddad"


def test_a_mail_to_a_customer_can_be_left_with_one_click(contact: Contact) -> None:
    mail = read(build(a_message(contact)))
    link = unsubscribe_link(contact.pk, ConsentKind.GREETINGS)
    assert link.startswith(f"{SITE}/u/")
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"No more greetings:\n{link}\n" in text_of(mail)
    assert f'<a href="{link}"' in html_of(mail)


def test_a_mail_to_a_customer_leads_to_the_page_of_wishes(contact: Contact) -> None:
    mail = read(build(a_message(contact)))
    link = preference_link(contact.pk)
    assert f"\nChoose what you get and how often we call:\n{link}\n" in text_of(mail)
    assert f'<a href="{link}"' in html_of(mail)
    assert link not in mail["List-Unsubscribe"]


@pytest.mark.parametrize(
    ("kind", "consent"),
    [(MessageKind.BIRTHDAY, ConsentKind.GREETINGS), (MessageKind.THANK_YOU, ConsentKind.THANKS)],
)
def test_the_link_ends_the_kind_of_mail_it_stands_in(contact: Contact, kind: str, consent: ConsentKind) -> None:
    assert unsubscribe_link(contact.pk, consent) in text_of(read(build(a_message(contact, kind))))


def test_every_mail_says_that_a_machine_sent_it(contact: Contact, owner: User) -> None:
    factories.follow_up(contact.customer, assignee=owner, due_at=NOW)
    for message in (a_message(contact), a_message(None, MessageKind.OVERDUE_DIGEST, recipient=owner)):
        mail = read(build(message))
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Precedence"] is None


def test_company_and_postal_address_stand_at_the_end(contact: Contact) -> None:
    mail = read(build(a_message(contact)))
    assert "\n-- \n" in text_of(mail)
    assert "Nordlicht AB\nStorgatan 1\n111 22 Stockholm\n" in text_of(mail)
    assert "<bdi>Nordlicht AB</bdi><br><bdi>Storgatan 1</bdi><br><bdi>111 22 Stockholm</bdi>" in html_of(mail)


def test_braces_and_tags_in_the_companys_own_data_are_only_text(contact: Contact, company: Company) -> None:
    company.name, company.postal_address = "{sender} <b>&", "{{x}} {unknown}\n</table>"
    company.save()
    mail = read(build(a_message(contact)))
    assert "{sender} <b>&\n{{x}} {unknown}\n</table>\n" in text_of(mail)
    assert "{sender} &lt;b&gt;&amp;" in html_of(mail)


def test_the_same_row_gives_the_same_bytes_at_each_try(contact: Contact) -> None:
    message = a_message(contact)
    first = build(message).wire()
    again = build(Message.objects.get(pk=message.pk), NOW + timedelta(hours=3)).wire()
    assert first == again
    mail = read(build(message))
    assert mail["Message-ID"] == f"<{message.mail_key.hex}@crm.example.com>"
    assert mail["Date"].datetime == NOW


def test_dates_are_those_of_the_plan_not_of_the_try(contact: Contact) -> None:
    planned = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert read(build(a_message(contact, dated_at=planned)))["Date"].datetime == planned


@pytest.mark.parametrize("name", WORST)
def test_no_name_breaks_a_header_or_the_page(contact: Contact, owner: User, name: str) -> None:
    Contact.objects.filter(pk=contact.pk).update(name=name, preferred_name=name[:100])
    User.objects.filter(pk=owner.pk).update(name=name[:150])
    mail = read(build(a_message(Contact.objects.get(pk=contact.pk))))
    assert mail["To"].addresses[0].addr_spec == "amira@lindqvist.example"
    assert named_in(mail, "To") == name
    assert named_in(mail, "From") == name[:150]
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1
    assert mail["Bcc"] is None
    assert name[:100] in mail["Subject"]
    assert name[:100] in text_of(mail)
    assert "<script>" not in html_of(mail)


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_line_breaks_in_rows_from_elsewhere_do_not_add_headers(contact: Contact, owner: User, break_: str) -> None:
    contact.customer.owner = owner
    contact.name = contact.preferred_name = f"Amira{break_}Bcc: evil@example.com"
    owner.name = f"Mia{break_}X-Evil: 1"
    message = a_message(contact)
    message.contact, message.customer = contact, contact.customer
    mail = read(build(message))
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert mail["Subject"].startswith("Happy birthday, Amira")


def test_a_right_to_left_name_is_kept_apart_in_a_left_to_right_letter(contact: Contact) -> None:
    contact.preferred_name = "أميرة"
    contact.save()
    assert "Dear <bdi>أميرة</bdi>," in html_of(read(build(a_message(contact))))


def test_an_arabic_letter_runs_from_right_to_left(contact: Contact) -> None:
    contact.language = "ar"
    contact.save()
    Wording.objects.create(
        kind="birthday", language="ar", tone="formal", subject="عيد ميلاد سعيد يا {preferred_name}",
        text="عزيزتي {preferred_name}\n{sender}", html="<p>عزيزتي {preferred_name}</p>",
    )  # fmt: skip
    mail = read(build(a_message(contact)))
    assert 'lang="ar" dir="rtl"' in html_of(mail)
    assert "<bdi>Amira</bdi>" in html_of(mail)
    assert mail["Subject"] == "عيد ميلاد سعيد يا Amira"
    assert "إيقاف التهاني" in text_of(mail)


def test_an_own_wording_is_used_and_its_styles_are_inlined(contact: Contact) -> None:
    Wording.objects.create(
        kind="birthday",
        language="en",
        tone="formal",
        subject="{{Hurray}} {preferred_name}",
        text="Own text for {preferred_name}",
        html='<h2>Own {preferred_name}</h2><script>x</script><p onclick="y">{customer}</p>',
    )
    mail = read(build(a_message(contact)))
    assert mail["Subject"] == "{Hurray} Amira"
    assert text_of(mail).startswith("Own text for Amira\n")
    assert re.search(r'<h2 style="[^"]+">Own Amira</h2>', html_of(mail))
    assert "script" not in html_of(mail)
    assert "onclick" not in html_of(mail)


def test_a_lines_of_any_length_stays_within_the_protocols_limit(contact: Contact) -> None:
    Wording.objects.create(
        kind="birthday", language="en", tone="formal", subject="S" * 200, text="x" * 5000 + " {preferred_name}",
        html=f"<p>{'y' * 5000}</p>",
    )  # fmt: skip
    mail = read(build(a_message(contact)))
    assert text_of(mail).startswith("x" * 5000 + " Amira")
    assert mail["Subject"] == "S" * 200


def test_lines_that_mean_something_to_the_protocol_arrive_as_they_are(contact: Contact) -> None:
    lines = ".\n..\nFrom here\n--\n=20\ntrailing \n\ttab\n"
    Wording.objects.create(
        kind="birthday", language="en", tone="formal", subject="S", text=lines + "{sender}", html="<p>.</p>"
    )
    assert text_of(read(build(a_message(contact)))).startswith(lines)


def test_dark_mode_survives_the_inlining(contact: Contact) -> None:
    html = html_of(read(build(a_message(contact))))
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize(
    ("language", "tone", "phrase"),
    [
        ("en", "formal", "thank you for your purchase on 24 November."),
        ("de", "formal", "vielen Dank für Ihren Einkauf vom 24. November."),
        ("de", "friendly", "danke für deinen Einkauf vom 24. November."),
    ],
)
def test_a_thank_you_says_what_for(contact: Contact, language: str, tone: str, phrase: str) -> None:
    contact.language, contact.tone = language, tone
    contact.save()
    bought = factories.purchase(contact.customer, happened_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    mail = read(build(a_message(contact, MessageKind.THANK_YOU, interaction=bought)))
    assert phrase in text_of(mail)
    assert phrase.split(" ")[-1] in html_of(mail)


def test_a_new_customer_is_thanked_for_the_trust(contact: Contact) -> None:
    assert "thank you for the trust you place in us." in text_of(read(build(a_message(contact, MessageKind.THANK_YOU))))


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_survey_has_eleven_buttons_that_say_what_they_mean(contact: Contact, language: str) -> None:
    contact.language = language
    contact.save()
    invitation = factories.invitation(contact)
    mail = read(build(a_message(contact, MessageKind.SURVEY, invitation=invitation)))
    link = answer_url(invitation)
    html = html_of(mail)
    of = {"en": "out of", "de": "von"}[language]
    for score in range(11):
        assert re.search(rf'<a [^>]*aria-label="{score} {of} 10"[^>]* href="{re.escape(link)}\?score={score}"', html)
    assert html.count("?score=") == 11
    assert f'<a href="{link}"' in html
    assert link in text_of(mail)
    assert "?score=" not in text_of(mail)
    assert invitation.survey.question in text_of(mail)
    assert {"en": "0: not at all likely", "de": "0: sehr unwahrscheinlich"}[language] in html


def test_a_survey_without_its_invitation_is_not_written(contact: Contact) -> None:
    with pytest.raises(Unwritable) as refused:
        build(a_message(contact, MessageKind.SURVEY))
    assert refused.value.reason == "missing_field"


NO_ADDRESSES = [
    "",
    "amira",
    "amira@",
    "@",
    "a b@c.example",
    "a@b.example, c@d.example",
    "<a@b.example>",
    "ämira@lindqvist.example",
    "a@b.example\r\nBcc: x@y.example",
    "a" * 240 + "@b.example",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_an_address_no_server_would_take_is_not_written_to(contact: Contact, address: str) -> None:
    Contact.objects.filter(pk=contact.pk).update(email=address)
    with pytest.raises(Unwritable) as refused:
        build(a_message(Contact.objects.get(pk=contact.pk)))
    assert refused.value.reason == "no_address"
    assert "Amira Haddad" in refused.value.detail


def test_a_domain_with_letters_of_its_own_is_written_in_ascii(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(email="amira@müller.example")
    mail = build(a_message(Contact.objects.get(pk=contact.pk)))
    assert mail.to == ["amira@xn--mller-kva.example"]
    assert read(mail)["To"].addresses[0].addr_spec == "amira@xn--mller-kva.example"


def test_without_a_person_there_is_no_mail(contact: Contact) -> None:
    for message in (a_message(None), a_message(None, MessageKind.OVERDUE_DIGEST)):
        with pytest.raises(Unwritable) as refused:
            build(message)
        assert refused.value.reason == "no_address"


def test_a_field_without_a_value_is_named(contact: Contact, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(name="")
    with pytest.raises(Unwritable) as refused:
        build(a_message(contact))
    assert refused.value.reason == "missing_field"
    assert "{sender}" in refused.value.detail


def test_a_field_that_does_not_exist_is_named_even_if_saving_was_bypassed(contact: Contact) -> None:
    Wording.objects.create(kind="birthday", language="en", tone="formal", subject="{nickname}", text="t", html="h")
    with pytest.raises(Unwritable) as refused:
        build(a_message(contact))
    assert refused.value.reason == "missing_field"
    assert "{nickname}" in refused.value.detail


def test_a_batch_is_prepared_in_a_fixed_number_of_queries(owner: User, django_assert_max_num_queries: Any) -> None:
    messages = []
    for number in range(6):
        someone = factories.contact(factories.customer(owner))
        invitation = factories.invitation(someone)
        messages.append(a_message(someone, MessageKind.SURVEY, invitation=invitation, occasion=f"s{number}"))
        bought = factories.purchase(someone.customer)
        messages.append(a_message(someone, MessageKind.THANK_YOU, interaction=bought, occasion=f"t{number}"))
    pks = [message.pk for message in messages]
    composer = Composer(company=Company.current(), at=NOW)
    loaded = list(Message.objects.filter(pk__in=pks))
    with django_assert_max_num_queries(11):
        composer.prepare(loaded)
        for message in loaded:
            composer.build(message)


def test_the_frame_is_laid_out_once_for_many_mails(contact: Contact) -> None:
    lay_out.cache_clear()
    composer = Composer(company=Company.current(), at=NOW)
    for number in range(5):
        composer.build(a_message(contact, occasion=f"o{number}"))
    assert lay_out.cache_info().misses == 1


def test_the_ledger_keeps_the_text_without_the_keys_in_it(contact: Contact) -> None:
    invitation = factories.invitation(contact)
    mail = build(a_message(contact, MessageKind.SURVEY, invitation=invitation))
    kept = mask(str(mail.body))
    assert f"{SITE}/s/…" in kept
    assert f"{SITE}/u/…" in kept
    assert f"{SITE}/p/…" in kept
    assert preference_link(contact.pk).split("/")[-2] not in kept
    assert invitation.token not in kept
    assert unsubscribe_link(contact.pk, ConsentKind.SURVEYS).split("/")[-2] not in kept
