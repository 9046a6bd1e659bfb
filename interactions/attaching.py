"""Attaching documents to what happened: which files are taken, and how one is given out again."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

import puremagic
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from interactions.models import Document, DocumentContent, Interaction
from retention_crm.lib import text

LARGEST_MB = 10
MOST_AT_ONCE = 10
_LONGEST_NAME = Document._meta.get_field("name").max_length or 0
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

# Of these the first bytes say what they are; a file has to be what its name says.
_KNOWN_BY_CONTENT = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": f"{_OPEN}.text",
    "ods": f"{_OPEN}.spreadsheet",
    "odp": f"{_OPEN}.presentation",
}
_TEXTS = {
    "txt": "text/plain",
    "md": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "ics": "text/calendar",
    "vcf": "text/vcard",
}
CONTENT_TYPES = _KNOWN_BY_CONTENT | _TEXTS
ACCEPTED = ",".join(f".{ending}" for ending in CONTENT_TYPES)


def ending(name: str) -> str:
    return PurePath(name).suffix.lower().lstrip(".")


def refusal(file: "UploadedFile[Any]") -> str:
    """Why a file is not taken, as a sentence; empty if it is."""
    name = document_name(file.name or "")
    if not file.size:
        return _("“%(name)s” is empty.") % {"name": name}
    if file.size > LARGEST_MB * 1024 * 1024:
        return _("“%(name)s” is larger than %(limit)d MB.") % {"name": name, "limit": LARGEST_MB}
    kind = ending(name)
    if kind not in CONTENT_TYPES:
        words = _("“%(name)s” is of a kind that is not taken. Taken are: %(kinds)s.")
        return words % {"name": name, "kinds": ", ".join(CONTENT_TYPES)}
    if not _is_what_it_says(kind, file):
        return _("“%(name)s” is not what its name says; save it anew in the program it comes from.") % {"name": name}
    return ""


def _is_what_it_says(kind: str, file: "UploadedFile[Any]") -> bool:
    file.seek(0)
    content = file.read()
    file.seek(0)
    if kind in _TEXTS:
        return b"\x00" not in content
    found = {match.mime_type for match in puremagic.magic_string(content)}
    return CONTENT_TYPES[kind] in found


def document_name(name: str) -> str:
    """The file's own name without what could mislead a reader, its ending kept."""
    shown = "".join(letter for letter in name if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    path = PurePath(text.clean_line(shown.replace("\\", "/")).rpartition("/")[2].strip() or "document")
    return path.stem[: _LONGEST_NAME - len(path.suffix)] + path.suffix[:_LONGEST_NAME]


def attach(interaction: Interaction, files: "Sequence[UploadedFile[Any]]", *, by: User, at: datetime) -> list[Document]:
    """Keeps these files, all or none; they must have been looked at by `refusal`."""
    with transaction.atomic():
        made = [
            Document(
                interaction=interaction,
                name=document_name(file.name or ""),
                size=file.size or 0,
                added_by=by,
                added_at=at,
            )
            for file in files
        ]
        Document.objects.bulk_create(made)
        DocumentContent.objects.bulk_create(
            DocumentContent(document=document, data=file.read()) for document, file in zip(made, files, strict=True)
        )
    return made


def forget_removed(at: datetime) -> int:
    """Deletes what was removed thirty days ago, for good; returns how many."""
    return Document.objects.forgotten(at).delete()[1].get(Document._meta.label, 0)
