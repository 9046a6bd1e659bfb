"""Previews of a wording: once for an ordinary person, and for those whose data is the worst there is."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Company, User
from outreach.composing import Unwritable, fill_for
from outreach.layout import Buttons, Frame, lay_out, signature_parts
from outreach.models import STAFF_KINDS
from outreach.sampling import Links, Values, sample_list, sample_values
from outreach.wording import Text

_WORST_NAME = 'عبد الرحمن "Bobby" O’Neil-Łukasiewicz <b>&amp; Söhne</b> 👩🏽‍💻 {sender} ' + "Wolfeschlegelstein" * 3
_RIGHT_TO_LEFT_NAME = "ليلى بنت عبد الله الهاشمي"


@dataclass(frozen=True, slots=True)
class Sample:
    """A filled mail; where it can not be written, `problem` says why and the rest is empty."""

    title: str
    subject: str = ""
    text: str = ""
    html: str = ""
    problem: str = ""


def samples(kind: str, tone: str, text: Text, *, company: Company, sender: User) -> list[Sample]:
    """The text as it would arrive; nothing in it is anybody's real data, and its links lead nowhere."""
    links, signed = Links.nowhere(), sender.signature
    ordinary = sample_values(kind, tone, text.language, company=company, sender=sender.name, links=links)
    found = [_sample(_("As most will get it"), kind, text, company, ordinary, signature=signed)]
    if kind not in STAFF_KINDS:
        # Whoever has no preferred name is addressed by the whole name; a person is often the customer, too.
        bare = ordinary | dict.fromkeys(("preferred_name", "name", "customer"), "Amira Haddad")
        found.append(_sample(_("With nothing filled in but a name"), kind, text, company, bare, signature=signed))
        other = ordinary | dict.fromkeys(("preferred_name", "name", "customer"), _RIGHT_TO_LEFT_NAME)
        found.append(_sample(_("With a name written from right to left"), kind, text, company, other, signature=signed))
    worst = {name: _WORST_NAME if name in _TYPED else value for name, value in ordinary.items()}
    return [
        *found,
        _sample(_("With the worst data there is"), kind, text, company, worst, _WORST_NAME, signature=signed),
    ]


# What people typed somewhere.
_TYPED = frozenset(
    {"preferred_name", "name", "customer", "sender", "former", "wish", "outcome", "title", "notice", "topic", "promise"}
)


def _sample(
    title: str,
    kind: str,
    text: Text,
    company: Company,
    values: Values,
    listed: str = "Lindqvist AB",
    *,
    signature: str,
) -> Sample:
    is_staffs = kind in STAFF_KINDS
    as_text, as_html = sample_list(listed, text.language) if is_staffs else signature_parts(signature)
    frame = Frame.of(company, kind, signature="" if is_staffs else signature, scale=Buttons.sample(text.language))
    try:
        subject, plain, html = fill_for(lay_out(text, frame), values | as_text, as_html)
    except Unwritable as error:
        return Sample(title, problem=error.detail)
    return Sample(title, subject, plain, html)
