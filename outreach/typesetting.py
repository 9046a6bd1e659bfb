"""Recaps as documents. What people wrote goes into them as data and never through a language that sets type."""

import io
import json
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import docx
import typst
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from outreach.structuring import Block

_FONTS = Path(__file__).parent / "fonts"
# The scripts whose letters the font has; of others a PDF would show boxes.
_PRINTED = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC", "ARMENIAN", "GEORGIAN", "MODIFIER", "COMBINING")
_LETTERS, _SYMBOLS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc"}), frozenset({"So", "Sk", "Cn", "Co"})
_LAST_SYMBOL = 0x27FF
_FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)

_SHEET = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title, author: data.company, date: datetime(..data.made))
#set page(paper: "a4", margin: 2.5cm, numbering: "1 / 1")
#set text(font: "DejaVu Sans", size: 10.5pt, lang: data.language, dir: if data.rtl { rtl } else { ltr })
#set par(leading: 0.7em)
#show heading: set block(above: 1.4em, below: 0.7em)
#text(fill: luma(90), data.company)
#heading(level: 1, data.title)
#for block in data.blocks {
  if block.heading != "" { heading(level: 2, block.heading) }
  for line in block.lines {
    if line.starts-with("- ") { list.item(line.slice(2)) } else { line + linebreak() }
  }
  parbreak()
}
"""


def unprintable(text: str) -> list[str]:
    """The characters of the text that a PDF could not show, each once."""
    return [letter for letter in dict.fromkeys(text) if not _can_be_printed(letter)]


def _can_be_printed(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category in _LETTERS:
        return unicodedata.name(letter, "").startswith(_PRINTED)
    return category not in _SYMBOLS or ord(letter) <= _LAST_SYMBOL


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Ours and no others, so that a document looks the same wherever it is made."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])


def as_pdf(title: str, blocks: Sequence[Block], *, company: str, language: str, rtl: bool, made_at: datetime) -> bytes:
    """The same bytes for the same words and moment."""
    data = {
        "title": title,
        "company": company,
        "language": language,
        "rtl": rtl,
        "made": {"year": made_at.year, "month": made_at.month, "day": made_at.day},
        "blocks": [{"heading": block.heading, "lines": block.lines} for block in blocks],
    }
    written = typst.compile(_SHEET.encode(), sys_inputs={"data": json.dumps(data)}, font_paths=_fonts())
    assert isinstance(written, bytes)
    return written


def as_docx(title: str, blocks: Sequence[Block], *, company: str, language: str, rtl: bool, made_at: datetime) -> bytes:
    """The same bytes for the same words and moment."""
    document = docx.Document()
    known = document.core_properties
    known.title, known.author, known.language, known.comments = title, company, language, ""
    known.created = known.modified = made_at.replace(tzinfo=None)
    document.add_heading(title, level=1)
    for block in blocks:
        if block.heading:
            document.add_heading(block.heading, level=2)
        for line in block.lines:
            is_point = line.startswith("- ")
            document.add_paragraph(line.removeprefix("- "), style="List Bullet" if is_point else None)
    if rtl:
        for paragraph in document.paragraphs:
            _turn(paragraph)
    written = io.BytesIO()
    document.save(written)
    return _undated(written.getvalue())


def _turn(paragraph: Paragraph) -> None:
    """The paragraph and its words run from right to left."""
    properties = paragraph._p.get_or_add_pPr()
    properties.append(properties.makeelement(qn("w:bidi"), {}))
    for run in paragraph.runs:
        words = run._r.get_or_add_rPr()
        words.append(words.makeelement(qn("w:rtl"), {}))


def _undated(packed: bytes) -> bytes:
    """The same files without the moment they were packed at."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _FIRST_DAY_OF_ZIP), source.read(name), zipfile.ZIP_DEFLATED)
    return written.getvalue()
