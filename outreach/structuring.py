"""The parts of a recap: found in the notes of a conversation, put into the order a customer likes, and read again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.models import Part
from outreach.phrases import RecapPhrases

# What a line of notes begins with that belongs under a heading of its own, in the languages staff write in.
_MARKS = {
    Part.DECISIONS: ("decision", "decided", "agreed", "entscheidung", "entschieden", "beschluss", "vereinbart"),
    Part.PROMISES: ("promise", "promised", "we", "zusage", "zugesagt", "wir"),
    Part.THEIRS: ("they", "theirs", "kunde", "sie"),
    Part.NEXT: ("next", "next meeting", "nächstes treffen", "als nächstes"),
}
_PART_OF = {word: part for part, words in _MARKS.items() for word in words}
_MARKED = re.compile(r"\s*(?:[-•*]\s*)?([^\W\d_][^:：]{0,20}?)\s*[:：]\s*(.+)", re.DOTALL)
_LONGEST_HEADING = 80
_COLONS = (":", "：", " :")


@dataclass(frozen=True)
class Block:
    """A heading (empty for none) with its lines; one that begins with “- ” is a point of a list."""

    heading: str
    lines: list[str]


def parts_of(notes: str) -> dict[Part, list[str]]:
    """The lines of the notes by the part they belong to; what has no mark is what was talked about."""
    found: dict[Part, list[str]] = {part: [] for part in Part}
    for line in notes.strip().splitlines():
        marked = _MARKED.fullmatch(line)
        part = _PART_OF.get(marked[1].strip().casefold()) if marked else None
        if marked and part:
            found[part].append(f"- {marked[2].strip()}")
        else:
            found[Part.TALKED].append(line)
    return found


def arranged(parts: Mapping[Part, Sequence[str]], phrases: RecapPhrases, own: Sequence[tuple[Part, str]]) -> str:
    """The recap as text: each part that has lines under its heading, in the customer's own order and words.

    What comes first needs no heading to say that it is what was talked about, if nobody gave it one.
    """
    blocks: list[str] = []
    for part, label in own:
        lines = "\n".join(parts.get(part, ())).strip()
        if not lines:
            continue
        heading = label or phrases.heading(part)
        is_bare = part == Part.TALKED and not blocks and not label
        blocks.append(lines if is_bare else f"{_as_heading(heading)}\n{lines}")
    return "\n\n".join(blocks)


def _as_heading(words: str) -> str:
    return words if words.endswith(_COLONS) else f"{words}:"


def blocks_of(text: str) -> list[Block]:
    """What a recap says, read again: a heading is the short first line of a paragraph that ends with a colon."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        first, *rest = paragraph.splitlines() or [""]
        is_heading = bool(rest) and first.endswith(_COLONS) and len(first) <= _LONGEST_HEADING
        is_heading &= not first.startswith("- ")
        found.append(Block(first, rest) if is_heading else Block("", [first, *rest]))
    return found
