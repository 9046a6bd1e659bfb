"""The mailbox of the demo and of development: the mails in a Maildir, newest first."""

import email.policy
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

# The names a Maildir gives: never a path, never a hidden file.
_KEY = re.compile(r"[A-Za-z0-9_=+,-][A-Za-z0-9._=+,-]{0,200}")
_FOLDERS = ("new", "cur")
PAGE = 50
_LONGEST = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What a row of the list shows."""

    key: str
    to: str
    sender: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, opened."""

    head: Head
    text: str
    html: str
    headers: list[tuple[str, str]]


class Mailbox:
    def __init__(self, directory: str | Path) -> None:
        self._directory = Path(directory)

    def page(self, before: str = "") -> tuple[list[Head], str]:
        """The newest mails, or those older than the one with that key; and the key to go on with, if there are more."""
        files = self._newest_first()
        position = next((number + 1 for number, (_when, key, _path) in enumerate(files) if key == before), 0)
        shown = files[position : position + PAGE]
        heads = [_head(key, path, when) for when, key, path in shown]
        return heads, shown[-1][1] if len(files) > position + PAGE else ""

    def open(self, key: str) -> Letter | None:
        """The mail with that key; None if there is none."""
        path = self._path(key)
        if path is None or path.stat().st_size > _LONGEST:
            return None
        mail = message_from_bytes(path.read_bytes(), policy=email.policy.default)
        head = _head(key, path, path.stat().st_mtime)
        headers = [(name, _shown(value)) for name, value in mail.raw_items()]
        return Letter(head, _part(mail, "plain"), _part(mail, "html"), headers)

    def _newest_first(self) -> list[tuple[float, str, Path]]:
        files = []
        for folder in _FOLDERS:
            directory = self._directory / folder
            for path in directory.iterdir() if directory.is_dir() else ():
                key = path.name.partition(":")[0]
                if _KEY.fullmatch(key) and path.is_file():
                    files.append((path.stat().st_mtime, key, path))
        return sorted(files, reverse=True)

    def _path(self, key: str) -> Path | None:
        if not _KEY.fullmatch(key):
            return None
        for folder in _FOLDERS:
            directory = self._directory / folder
            # Beside the plain name there may be one with flags behind a colon; the key has no wild cards.
            found = [directory / key, *directory.glob(f"{key}:*")]
            for path in found:
                if path.is_file():
                    return path
        return None


def _head(key: str, path: Path, when: float) -> Head:
    with path.open("rb") as file:
        headers = list(BytesHeaderParser().parse(file).raw_items())
    named = {name.lower(): value for name, value in reversed(headers)}
    to, sender, subject = (_shown(named.get(name, "")) for name in ("to", "from", "subject"))
    return Head(key, to, sender, subject, datetime.fromtimestamp(when, UTC))


def _shown(raw: object) -> str:
    """A header's value as people read it, on one line; one that is broken is shown as it stands.

    Not by the parser of structured headers: it puts spaces between encoded words and fails on hostile addresses.
    """
    written = str(raw).encode(errors="replace").decode()
    with suppress(ValueError, LookupError):
        written = str(make_header(decode_header(written)))
    return " ".join(written.encode(errors="replace").decode().split())


def _part(mail: EmailMessage, subtype: str) -> str:
    try:
        found = mail.get_body((subtype,))
        content = str(found.get_content()) if found is not None else ""
    except (LookupError, ValueError, AttributeError):
        return ""
    return content.encode(errors="replace").decode().replace("\x00", "\ufffd")
