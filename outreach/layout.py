"""How a mail looks: the wording inside the fixed frame, its styles inlined once, ready to be filled many times.

The frame is the product's own template. A user's text enters it as a value after sanitising, with its merge fields
turned into marks that no text can contain; styles are inlined with the marks in place, and only then is the document
cut at the marks. Filling it for one person joins strings and nothing else.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import css_inline
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join, urlize
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Company
from customers.models import ConsentKind
from outreach.models import ANSWERED_KINDS, CUSTOMER_KINDS, SERVICE_KINDS, MessageKind
from outreach.phrases import Phrases, phrases_in
from outreach.structuring import Block, blocks_of
from outreach.unsubscribing import CONSENT_FOR
from outreach.wording import Text, parse, sanitise
from surveys.ends import usual_ends
from surveys.models import Kind, Question
from surveys.speaking import ends_of, in_language

# Private-use characters; taken out of every text that is laid out.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_INLINER = css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A mail before it is filled; each part alternates literals and names as `wording.parse` gives them."""

    subject: tuple[str, ...]
    text: tuple[str, ...]
    html: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Buttons:
    """The points of a survey's first question, from `low` to `high`, with the words at both ends."""

    low: int
    high: int
    ends: tuple[str, str]

    @classmethod
    def of(cls, question: Question | None, language: str) -> "Buttons | None":
        """Those of a question in that language; none for what is no scale: the mail then only leads to the page."""
        if question is None:
            return None
        points = question.scale
        return cls(points[0], points[-1], ends_of(question, in_language(question, language), language))

    @classmethod
    def sample(cls, language: str) -> "Buttons":
        return cls(0, 10, usual_ends(Kind.NPS, language))

    def ask(self, phrases: Phrases, link: str) -> str:
        """As text: what the numbers mean, and where to answer."""
        return f"{phrases.scale.asks(self.low, self.high, self.ends)}\n{link}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the wording and is the same for everybody.

    Mail to customers has our address at its foot and the way to their wishes, and one to end its kind if they can.
    """

    company: str
    postal_address: str
    consent: ConsentKind | None
    is_for_customer: bool
    # Whether the sender's signature stands below the wording; itself it is a value, other for each sender.
    is_signed: bool = False
    # The name of the reason in the phrases of what answers a customer or concerns their contract.
    service: str = ""
    # What can be answered with one click, in mails that ask.
    scale: "Buttons | None" = None
    # The kind of a mail that has a page by which its reader answers.
    answered: str = ""

    @classmethod
    def of(cls, company: Company, kind: str, *, signature: str = "", scale: "Buttons | None" = None) -> "Frame":
        is_theirs = kind in CUSTOMER_KINDS
        return cls(
            company.name,
            company.postal_address if is_theirs else "",
            CONSENT_FOR.get(kind),
            is_theirs,
            bool(signature.strip()),
            kind if kind in SERVICE_KINDS else "",
            scale,
            kind if kind in ANSWERED_KINDS else "",
        )

    def answers(self, phrases: Phrases) -> list[tuple[str, str]]:
        """What each link for an answer says, and what stands behind its address."""
        said = phrases.answering
        if self.answered == MessageKind.PROMISE_KEPT:
            return [(said["kept_yes"], ""), (said["kept_no"], "?said=not_yet")]
        return [(said["recap"], "")] if self.answered else []

    def why(self, phrases: Phrases) -> str:
        """Why they get this mail, in a sentence."""
        sentence = phrases.service[self.service] if self.service else phrases.why
        return sentence.replace("{company}", self.company)

    @property
    def address(self) -> list[str]:
        """Who we are and where, in lines; the name is not said twice."""
        lines = self.postal_address.splitlines()
        is_named = lines and lines[0].casefold().startswith(self.company.casefold())
        return lines if is_named else [self.company, *lines]


@lru_cache(maxsize=256)
def lay_out(text: Text, frame: Frame) -> Pattern:
    """The wording in its frame; expensive, so it is kept for as long as neither changes."""
    phrases = phrases_in(text.language)
    return Pattern(
        parse(text.subject), parse(_text_part(text, frame, phrases)), _html_part(text, frame, phrases), text.language
    )


def _text_part(text: Text, frame: Frame, phrases: Phrases) -> str:
    letter = text.text.rstrip() + ("\n\n{signature}" if frame.is_signed else "")
    if not frame.is_for_customer:
        return letter + "\n"
    letter += "".join(f"\n\n{words}:\n{{answer_link}}{more}" for words, more in frame.answers(phrases))
    foot = [frame.why(phrases), "", *frame.address]
    literal = "\n".join(foot).replace("{", "{{").replace("}", "}}")
    ways = [f"{phrases.preferences.link}:\n{{preference_link}}"]
    if frame.consent is not None:
        ways.insert(0, f"{phrases.unsubscribe[frame.consent]}:\n{{unsubscribe_link}}")
    return "\n\n".join([letter, f"-- \n{literal}", *ways]) + "\n"


def _html_part(text: Text, frame: Frame, phrases: Phrases) -> tuple[str, ...]:
    fragment = parse(sanitise(text.html.replace(_OPEN, "").replace(_CLOSE, ""))[0])
    blocks = {"scores": _score_buttons(phrases, frame.scale)}
    letter = [blocks.get(part) or _mark(part) if place % 2 else part for place, part in enumerate(fragment)]
    if frame.is_signed:
        letter.append(f"<p>{_mark('signature')}</p>")
    link = _mark("answer_link")
    if answers := [(link, more, words) for words, more in frame.answers(phrases)]:
        links = format_html_join(SafeString(" &nbsp; "), '<a href="{}{}">{}</a>', answers)
        letter.append(format_html('<p class="answers">{}</p>', links))
    document = render_to_string(
        "mail/shell.html",
        {
            "language": phrases.language,
            "direction": phrases.direction,
            "title": _mark("subject"),
            "letter": mark_safe("".join(letter)),  # noqa: S308 - sanitised above
            "address": frame.address,
            "why": frame.why(phrases) if frame.is_for_customer else "",
            "unsubscribe": phrases.unsubscribe[frame.consent] if frame.consent else "",
            "unsubscribe_link": _mark("unsubscribe_link"),
            "preferences": phrases.preferences.link if frame.is_for_customer else "",
            "preference_link": _mark("preference_link"),
        },
    )
    return tuple(_MARK.split(_INLINER.inline(document)))


def _mark(name: str) -> str:
    return f"{_OPEN}{name}{_CLOSE}"


def _score_buttons(phrases: Phrases, scale: Buttons | None) -> SafeString:
    """Links for each point that only preselect; each says in full what it means to those who do not see the row."""
    link, scores = _mark("survey_link"), SafeString("")
    if scale is not None:
        low, high = scale.ends
        points = range(scale.low, scale.high + 1)
        buttons = format_html_join(
            "\n",
            '<a class="score" href="{}?score={}" title="{}" aria-label="{}">{}</a>',
            ((link, n, label, label, n) for n in points for label in [phrases.scale.says(n, scale.high)]),
        )
        ends = (scale.low, low, scale.high, high)
        scores = format_html('<p class="ends">{}: {} · {}: {}</p><p class="scores">{}</p>', *ends, buttons)
    more = (scores, phrases.scale.link, link, link)
    return format_html('{}<p class="plain">{}<br><a href="{}">{}</a></p>', *more)


def signature_parts(signature: str) -> tuple[dict[str, str], dict[str, str]]:
    """The sender's signature as a value for the text, and as one for the HTML."""
    lines = signature.strip().splitlines()
    as_html = format_html_join(SafeString("<br>"), "<bdi>{}</bdi>", ((line,) for line in lines))
    return {"signature": "\n".join(lines)}, {"signature": as_html}


def _block_as_html(block: Block) -> str:
    heading = format_html("<strong>{}</strong><br>", block.heading) if block.heading else ""
    return heading + urlize("\n".join(block.lines), autoescape=True).replace("\n", "<br>")


def note_as_html(note: str) -> SafeString:
    """Several lines somebody wrote, with their headings, line ends and addresses, as a value for the HTML."""
    lines = "<br><br>".join(_block_as_html(block) for block in blocks_of(note))
    # What is escaped holds no tag of the writer's, so each of these is an address that was found.
    return SafeString(lines.replace("<a href", f'<a style="{_LINK}" href'))


# Styles of what is built for each reader and so comes after the inlining; the classes are those of the frame.
_HEAD = "margin: 24px 0 12px;font-size: 16px;line-height: 1.4;"
_ITEM = "margin: 0 0 12px;"
_LINK = "color: #0b6b62;"
_WHY = "font-size: 14px;color: #5b6168;"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a digest: where it leads, whom it is about, and why it is there."""

    link: str
    about: str
    why: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of entries; `rest` says how many more there are and `rest_link` where they are."""

    title: str
    entries: list[Entry]
    rest: str = ""
    rest_link: str = ""


def list_as_html(sections: list[Section]) -> SafeString:
    parts = []
    for section in sections:
        parts.append(format_html('<h3 style="{}">{}</h3>', _HEAD, section.title))
        parts += [_entry_as_html(entry) for entry in section.entries]
        if section.rest:
            parts.append(
                format_html(
                    '<p style="{}"><a href="{}" style="{}">{}</a></p>', _ITEM, section.rest_link, _LINK, section.rest
                )
            )
    return SafeString("\n".join(parts))


def _entry_as_html(entry: Entry) -> SafeString:
    why = format_html('<br><span class="why" style="{}">{}</span>', _WHY, entry.why) if entry.why else ""
    link = format_html('<a href="{}" style="{}"><bdi>{}</bdi></a>', entry.link, _LINK, entry.about)
    return format_html('<p class="item" style="{}">{}{}</p>', _ITEM, link, why)


def list_as_text(sections: list[Section]) -> str:
    blocks = []
    for section in sections:
        lines = [section.title, ""]
        for entry in section.entries:
            lines += [f"- {entry.about}", *([f"  {entry.why}"] if entry.why else []), f"  {entry.link}"]
        if section.rest:
            lines += [f"- {section.rest}", f"  {section.rest_link}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
