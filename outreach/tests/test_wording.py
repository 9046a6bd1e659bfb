"""What a message says: the substitution holds against anything, and every message finds a text."""

import contextlib
import os
import string
import time
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.models import Language, Tone
from outreach.models import CUSTOMER_KINDS, STAFF_KINDS, MessageKind, Wording
from outreach.wording import (
    FIELDS,
    KNOWN,
    REQUIRED,
    MissingField,
    Text,
    UnknownField,
    Wordings,
    built_in,
    fields_in,
    fill,
    parse,
    problems,
    sanitise,
    text_for,
    variants,
)

VALUES = {"preferred_name": "Amira", "company": "Nordlicht AB", "sender": "Mia Berg"}


def test_a_field_is_replaced_by_its_value() -> None:
    assert fill("Hi {preferred_name}, {sender}", VALUES, html=False) == "Hi Amira, Mia Berg"


def test_doubled_braces_are_braces() -> None:
    assert fill("{{preferred_name}} {{{preferred_name}}} }} {{", VALUES, html=False) == "{preferred_name} {Amira} } {"


@pytest.mark.parametrize(
    "template",
    [
        "{preferred_name.__class__}",
        "{preferred_name[0]}",
        "{preferred_name!r}",
        "{preferred_name:>9999999999}",
        "{ preferred_name }",
        "{Preferred_Name}",
        "{0}",
        "{}",
        "{",
        "}",
        "{preferred_name",
        "{preferred_\nname}",
        "%(preferred_name)s",
        "${preferred_name.x}",
        "{% load static %}{% for a in b %}x{% endfor %}",
    ],
)
def test_anything_else_between_braces_stays_text(template: str) -> None:
    assert fill(template, VALUES, html=False) == template


def test_braces_of_a_template_language_are_only_doubled_braces() -> None:
    assert fill("{{ settings.SECRET_KEY }}", VALUES, html=False) == "{ settings.SECRET_KEY }"


def test_a_value_is_never_substituted_again() -> None:
    values = {"preferred_name": "{company} {{x}}", "company": "{preferred_name}"}
    assert fill("{preferred_name}|{company}", values, html=False) == "{company} {{x}}|{preferred_name}"


def test_values_are_escaped_in_html_and_left_alone_in_text() -> None:
    values = {"preferred_name": '<b>"O\'Neil" & Söhne</b>'}
    assert fill("{preferred_name}", values, html=False) == values["preferred_name"]
    assert fill("{preferred_name}", values, html=True) == "&lt;b&gt;&quot;O&#x27;Neil&quot; &amp; Söhne&lt;/b&gt;"


def test_a_block_of_the_product_itself_stays_html() -> None:
    assert fill("{list}", {"list": mark_safe("<ul></ul>")}, html=True) == "<ul></ul>"


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(UnknownField) as caught:
        fill("Dear {nickname}", VALUES, html=False)
    assert caught.value.name == "nickname"


@pytest.mark.parametrize("values", [{}, {"preferred_name": ""}, {"preferred_name": " \u2003"}])
def test_a_value_that_is_absent_or_empty_is_missing(values: dict[str, str]) -> None:
    with pytest.raises(MissingField) as caught:
        fill("Dear {preferred_name}", values, html=False)
    assert caught.value.name == "preferred_name"


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "{", "}", "{{", "}}", "{preferred_name}", "{preferred_name.__class__.__mro__}", "{0.__globals__[os]}",
                "{preferred_name!r:{sender}}", "{%", "%}", "{{ x|safe }}", "{% include '/etc/passwd' %}", "${PATH}",
                "%(PATH)s", "$PATH", "{PATH}", "{__import__}", "{sender:>{company}}", "\x00", "\u202e", "<script>",
            ]
        ),
        st.text(max_size=20),
        st.text(alphabet="{}._[]!:%$" + string.ascii_lowercase, max_size=40),
    ),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=3000, deadline=None)
@given(HOSTILE)
def test_a_hostile_template_renders_fast_and_reaches_nothing(template: str) -> None:
    os.environ["WORDING_PROBE"] = secret = "probe-3f2b"
    watched = Watched("Amira")
    began = time.process_time()
    try:
        filled = fill(template, {"preferred_name": watched, "company": "C", "sender": "S"}, html=False)
    except UnknownField as refused:
        assert refused.name in template
    except MissingField as missing:
        assert missing.name in KNOWN
    else:
        assert secret not in filled
        assert len(filled) <= len(template)
    assert Watched.touched == set()
    assert time.process_time() - began < 0.05


class Watched(str):
    """A value that notices when something looks into it."""

    touched: set[str] = set()
    harmless = {"__class__", "isspace", "__len__", "__str__"}

    def __getattribute__(self, name: str) -> Any:
        if name not in Watched.harmless:
            Watched.touched.add(name)
        return super().__getattribute__(name)

    def __format__(self, spec: str) -> str:
        Watched.touched.add("__format__")
        return super().__format__(spec)

    def __getitem__(self, key: Any) -> str:
        Watched.touched.add("__getitem__")
        return super().__getitem__(key)


@settings(max_examples=500, deadline=None)
@given(st.text(), st.text(min_size=1).filter(lambda value: not value.isspace()))
def test_text_without_braces_comes_back_unchanged_around_the_value(around: str, value: str) -> None:
    literal = around.replace("{", "{{").replace("}", "}}")
    assert fill(f"{literal}{{sender}}{literal}", {"sender": value}, html=False) == around + value + around


@pytest.mark.parametrize(
    "template", ["{" * 40_000, "{a" * 20_000, "{sender}" * 5_000, "{{" * 20_000, "{sender" * 6_000]
)
def test_the_worst_shapes_take_no_time(template: str) -> None:
    parse.cache_clear()
    began = time.process_time()
    for check in (lambda: fill(template, VALUES, html=True), lambda: problems(MessageKind.BIRTHDAY, template, "", "")):
        with contextlib.suppress(UnknownField):
            check()
    assert time.process_time() - began < 0.5


def test_only_simple_elements_and_harmless_links_survive() -> None:
    fragment = (
        '<h2 onclick="x()" style="color:red">Hi {preferred_name}</h2><script>alert(1)</script><img src=x onerror=y>'
        '<p>{{braces}} <a href="https://example.com/a?b=1&amp;c=2">ok</a> <a href="mailto:a@b.example">mail</a>'
        ' <a href="{survey_link}">survey</a></p><iframe src="https://x"></iframe><style>p{}</style><form><input></form>'
    )
    cleaned, refused = sanitise(fragment)
    assert cleaned == (
        '<h2>Hi {preferred_name}</h2><p>{{braces}} <a href="https://example.com/a?b=1&amp;c=2" '
        'rel="noopener noreferrer">ok</a> <a href="mailto:a@b.example" rel="noopener noreferrer">mail</a> '
        '<a href="{survey_link}" rel="noopener noreferrer">survey</a></p>'
    )
    assert refused == []
    assert sanitise(cleaned) == (cleaned, [])


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://{customer}",
        "{preferred_name}",
        "{survey_link}&x={name}",
        "//evil.example",
        "/relative",
        "data:text/html,x",
    ],
)
def test_a_link_from_data_or_of_another_kind_is_taken_out(address: str) -> None:
    cleaned, _refused = sanitise(f'<a href="{address}">x</a>')
    assert "href" not in cleaned


def test_a_link_made_from_a_field_is_reported() -> None:
    assert sanitise('<a href="https://example.com/{name}">x</a>')[1] == ["https://example.com/{name}"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='<>"/=ahrefscipt{}&;:! \x00', max_size=200))
def test_sanitising_is_stable(fragment: str) -> None:
    once = sanitise(fragment)[0]
    assert sanitise(once)[0] == once


def test_a_good_text_has_no_problems() -> None:
    assert problems(MessageKind.BIRTHDAY, "Hi {preferred_name}", "{sender} {{x}}", "<p>{company}</p>") == {}


def test_an_unknown_field_is_refused_on_saving_with_its_name() -> None:
    found = problems(MessageKind.BIRTHDAY, "Hi {nickname}", "{occasion}", "<p>{question}</p>")
    assert "{nickname}" in found["subject"][0]
    assert "{preferred_name}" in found["subject"][0]
    assert "{occasion}" in found["text"][0]
    assert "{question}" in found["html"][0]


@pytest.mark.parametrize("stray", ["{name!r}", "{a.b}", "{ name }", "{Name}", "{", "}", "{}", "{name:>5}"])
def test_a_stray_brace_is_refused_on_saving(stray: str) -> None:
    found = problems(MessageKind.BIRTHDAY, "Hi", f"Hi {stray} there", "<p>x</p>")
    assert list(found) == ["text"]
    assert "double it" in found["text"][0]


@pytest.mark.parametrize(("kind", "names"), REQUIRED.items())
def test_a_text_without_its_point_is_refused(kind: MessageKind, names: tuple[str, ...]) -> None:
    found = problems(kind, "S", "text", "<p>html</p>")
    assert set(found) == {"text", "html"}
    for name in names:
        assert f"{{{name}}}" in found["text"][0]
        assert problems(kind, "S", f"{{{name}}}", f"{{{name}}}") == {}


@pytest.mark.parametrize("name", ["scores", "survey_link"])
def test_blocks_and_personal_links_stay_out_of_the_subject(name: str) -> None:
    found = problems(MessageKind.SURVEY, f"Go {{{name}}}", "{scores}", "{scores}")
    assert list(found) == ["subject"]


BUILT_IN = [
    (kind, language, tone)
    for kind in CUSTOMER_KINDS
    for language in (Language.ENGLISH, Language.GERMAN)
    for tone in Tone
] + [(kind, Language.ENGLISH, Tone.FRIENDLY) for kind in STAFF_KINDS if kind in FIELDS]


@pytest.mark.parametrize(("kind", "language", "tone"), BUILT_IN)
def test_each_built_in_text_would_be_accepted_from_a_user(kind: MessageKind, language: str, tone: str) -> None:
    text = built_in(kind, language, tone)
    assert text is not None
    assert problems(kind, text.subject, text.text, text.html) == {}
    assert sanitise(text.html) == (text.html, [])
    assert "\n" not in text.subject
    assert text.language == language
    assert fields_in(text.text) == fields_in(text.html)


def test_every_kind_has_an_english_text_to_fall_back_on() -> None:
    for kind in FIELDS:
        for tone in Tone:
            assert Wordings([]).text_for(kind, Language.JAPANESE, tone).language == Language.ENGLISH


def own(language: str, tone: str, kind: str = MessageKind.BIRTHDAY) -> Wording:
    return Wording(kind=kind, language=language, tone=tone, subject=f"own {language} {tone}", text="t", html="h")


@pytest.mark.parametrize(
    ("rows", "wanted", "subject"),
    [
        ([("de", "formal"), ("de", "friendly"), ("en", "formal")], ("de", "formal"), "own de formal"),
        ([("de", "friendly"), ("en", "formal")], ("de", "formal"), "own de friendly"),
        ([("en", "formal")], ("de", "formal"), "Alles Gute zum Geburtstag, {preferred_name}"),
        ([("en", "formal")], ("sv", "formal"), "own en formal"),
        ([("en", "friendly")], ("sv", "formal"), "own en friendly"),
        ([("sv", "friendly"), ("en", "formal")], ("sv", "formal"), "own sv friendly"),
        ([], ("sv", "friendly"), "Happy birthday, {preferred_name}!"),
    ],
)
def test_texts_fall_back_in_the_stated_order(
    rows: list[tuple[str, str]], wanted: tuple[str, str], subject: str
) -> None:
    assert Wordings(own(*row) for row in rows).text_for(MessageKind.BIRTHDAY, *wanted).subject == subject


def test_a_built_in_text_in_the_other_tone_comes_before_english(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_friendly(kind: str, language: str, tone: str) -> Text | None:
        return Text(f"{language} {tone}", "", "", language) if tone == Tone.FRIENDLY else None

    monkeypatch.setattr("outreach.wording.built_in", only_friendly)
    assert Wordings([own("en", "formal")]).text_for(MessageKind.BIRTHDAY, "de", "formal").subject == "de friendly"


def test_the_wording_of_another_kind_is_not_taken() -> None:
    texts = Wordings([own("en", "formal", MessageKind.SURVEY)])
    assert not texts.text_for(MessageKind.BIRTHDAY, "en", "formal").is_own


@pytest.mark.django_db
def test_all_own_texts_come_in_one_query(django_assert_num_queries: Any) -> None:
    Wording.objects.bulk_create(
        Wording(kind=kind, language="en", tone=tone, subject="s", text="t", html="h", changed_at="2026-11-26T09:00:00Z")
        for kind in CUSTOMER_KINDS
        for tone in Tone
    )
    with django_assert_num_queries(1):
        texts = Wordings.load()
        assert all(texts.text_for(kind, "en", "formal").is_own for kind in CUSTOMER_KINDS)
    assert text_for(MessageKind.SURVEY, "en", "formal").is_own


def test_colleagues_are_worded_in_the_languages_of_the_pages_and_customers_in_every_language_and_tone() -> None:
    assert len(variants(MessageKind.BIRTHDAY)) == len(Language) * len(Tone)
    assert variants(MessageKind.ESCALATION) == [(Language.ENGLISH, Tone.FRIENDLY), (Language.GERMAN, Tone.FRIENDLY)]


@pytest.mark.parametrize("name", ["../birthday", "birthday/../birthday", "", "nothing"])
def test_a_kind_that_does_not_exist_has_no_text(name: str) -> None:
    assert built_in(name, "en", "formal") is None
