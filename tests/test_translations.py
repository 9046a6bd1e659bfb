"""Every text of the product is marked for translation, and every language that is offered says all of them."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from translating.catalogs import APPS, ROOT, as_mo, as_po, languages, missing, po_file, texts, translations, up_to_date

# Names of products and keys, which are the same in every language.
NAMES = {
    *("Retention", "Retention CRM", "· Retention CRM", "CSV", "XLSX", "Enter", "Ctrl K"),
    *("Google Contacts", "Outlook", "HubSpot, Salesforce, Pipedrive", "iPhone, Android, Thunderbird"),
}
READ_OUT = frozenset({"aria-label", "title", "placeholder", "alt", "label", "data-label"})
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")])


@pytest.mark.parametrize("language", languages())
def test_everything_is_translated(language: str) -> None:
    catalog = up_to_date(language)
    assert missing(catalog) == [], "Write what is missing into the .po file after `make messages`."


@pytest.mark.parametrize("language", languages())
def test_the_files_are_those_of_the_texts(language: str) -> None:
    catalog = up_to_date(language)
    assert po_file(language).read_bytes() == as_po(catalog), "Run `make messages`."
    assert po_file(language).with_suffix(".mo").read_bytes() == as_mo(catalog), "Run `make messages`."


@pytest.mark.parametrize("language", languages())
def test_a_translation_asks_for_the_values_the_text_has(language: str) -> None:
    catalog = translations(language)
    wrong = [(message.id, str(error)) for message in catalog for error in message.check(catalog)]
    braces = re.compile(r"\{\w*\}")
    for message in catalog:
        wanted = {field for text in texts(message.id) for field in braces.findall(text)}
        said = [text for text in texts(message.string) if set(braces.findall(text)) != wanted]
        wrong += [(message.id, text) for text in said if message.id]
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_tags_of_the_text(language: str) -> None:
    tags = re.compile(r"</?\w[^>]*>")
    for message in translations(language):
        for text, said in zip(texts(message.id), texts(message.string), strict=True):
            assert sorted(tags.findall(text)) == sorted(tags.findall(said)), text


def test_the_languages_that_are_offered_are_those_with_texts() -> None:
    assert {code for code, _name in settings.LANGUAGES} == {"en", *languages()}


def test_the_texts_are_read_from_the_file() -> None:
    with translation.override("de"):
        assert translation.gettext("Log a conversation") == "Gespräch erfassen"
        assert translation.ngettext("%(n)s customer", "%(n)s customers", 2) % {"n": 2} == "2 Kunden"
        assert translation.pgettext("how a conversation went", "Held") != translation.gettext("Held")


class _Words(HTMLParser):
    """Collects what a page says without being asked to translate it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in READ_OUT and value and _is_word(value)]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.silent and _is_word(data):
            self.found.append(data.strip())


def _is_word(text: str) -> bool:
    return re.search(r"[^\W\d_]{2}", text) is not None


def bare_words(template: str) -> list[str]:
    """The words of a template that stand outside of its tags."""
    for tag in (
        r"\{% comment.*?endcomment %\}",
        r"\{#.*?#\}",
        r"\{% blocktranslate\b.*?\{% endblocktranslate %\}",
        r"\{%.*?%\}|\{\{.*?\}\}",
    ):
        template = re.sub(tag, "", template, flags=re.DOTALL)
    words = _Words()
    words.feed(template)
    words.close()
    return words.found


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_no_words_of_a_template_are_left_in_english(file: Path) -> None:
    assert set(bare_words(file.read_text("utf-8"))) <= NAMES


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_a_template_leaves_the_writing_of_dates_to_the_one_place_for_it(file: Path) -> None:
    patterns = re.findall(r"\|(?:date|time):\"(?!Y\")[^\"]*\"", file.read_text("utf-8"))
    assert patterns == [], "Use |written, |stamped or |machine; see retention_crm/lib/dates.py."


def test_code_leaves_the_writing_of_dates_to_the_one_place_for_it() -> None:
    """But for mails to customers, whose languages write dates as their phrases say."""
    own = re.compile(r"\b(?:date_format|dateformat|format_date)\b")
    allowed = {ROOT / "outreach" / "phrases.py", ROOT / "retention_crm" / "lib" / "dates.py"}
    files = {file for app in APPS for file in (ROOT / app).rglob("*.py") if "tests" not in file.parts} - allowed
    assert [str(file) for file in files if own.search(file.read_text("utf-8"))] == []


def test_bare_words_are_found() -> None:
    assert bare_words('<p title="Hi there">Hello <b>{{ name }}</b>{% translate "fine" %}</p>') == ["Hi there", "Hello"]


def test_all_apps_are_read() -> None:
    own = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert own <= set(APPS)
