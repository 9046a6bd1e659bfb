"""The texts of the product, and the files in which translators write what they are in another language.

Babel does what the tools of gettext do, so that nothing has to be installed; what it can not read are Django's
templates, which Django itself turns into something like Python.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("retention_crm", "accounts", "customers", "interactions", "surveys", "outreach", "retention", "dashboard")
# What only people at a terminal see, and the people and letters of the demo company, stay in English.
_NOT_READ = frozenset({"tests", "migrations", "management", "embedded"})
KEYWORDS: dict[str, tuple[int | tuple[int, int] | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# One text, or those for one and for many; Babel writes both.
type Texts = str | list[str] | tuple[str, ...] | None


def languages() -> list[str]:
    """The languages there are files for."""
    return sorted(file.parent.parent.name for file in ROOT.glob("locale/*/LC_MESSAGES/django.po"))


def po_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def texts_of_the_product() -> Catalog:
    """All texts that are marked for translation, each with the files it stands in."""
    found = Catalog(project="Retention CRM", charset="utf-8")
    for file in _sources():
        for function, said in _marked(file):
            _add(found, file, function, said)
    return found


def up_to_date(language: str) -> Catalog:
    """The translations of that language, with what is new (empty), without what is gone."""
    catalog = translations(language)
    made_at = catalog.creation_date
    catalog.update(texts_of_the_product(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    # The same texts make the same file.
    catalog.creation_date = made_at
    return catalog


def translations(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def as_po(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return written.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def texts(said: Texts) -> tuple[str, ...]:
    """The forms of a text or of its translation; those that are missing are empty."""
    return (said or "",) if isinstance(said, str | None) else tuple(said)


def missing(catalog: Catalog) -> list[str]:
    """What is not translated, in part or only perhaps."""
    said = ((texts(message.id), texts(message.string), message.fuzzy) for message in catalog if message.id)
    return [" / ".join(text) for text, translation, is_guess in said if is_guess or not all(translation)]


def _sources() -> list[Path]:
    files = [file for app in APPS for file in (ROOT / app).rglob("*.py")]
    read = [file for file in files if not _NOT_READ & set(file.relative_to(ROOT).parts)]
    return sorted([*read, *(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")])


def _marked(file: Path) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    source = file.read_text("utf-8")
    if file.suffix != ".py":
        # What stands between the texts became X; the spaces before it look like blocks of Python.
        source = re.sub(r"^\s+", "", templatize(source, origin=str(file)), flags=re.MULTILINE)
    found: Iterator[tuple[int, str, Any, list[str]]]
    found = extract_python(io.BytesIO(source.encode()), KEYWORDS, [], {})  # type: ignore[assignment]
    for _line, function, said, _comments in found:
        yield function, (said,) if isinstance(said, str) else tuple(said)


def _add(found: Catalog, file: Path, function: str, said: tuple[str | None, ...]) -> None:
    places = KEYWORDS[function] or (1,)
    context = next((said[place[0] - 1] for place in places if isinstance(place, tuple)), None)
    forms = [said[place - 1] for place in places if isinstance(place, int)]
    if all(forms):
        words = [str(form) for form in forms]
        place = (str(file.relative_to(ROOT)), 0)
        found.add(tuple(words) if len(words) > 1 else words[0], context=context, locations=[place])
