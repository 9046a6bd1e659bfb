"""The public link of a survey: what it leads to, and how many may answer by it."""

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from customers.models import Language
from retention_crm.lib import tokens
from retention_crm.lib.pacing import is_too_often, place_of
from surveys.models import PUBLIC_PURPOSE, PublicLink, Survey, Version
from surveys.remembering import version_opened, with_questions

# Answers in an hour: from one place, where guests may share an address, and by one link.
MOST_FROM_A_PLACE = 30
MOST_BY_A_LINK = 1000


def open_link(token: str) -> PublicLink | None:
    """The link that works, of a survey in use; None for any other."""
    pk = tokens.claimed_pk(token)
    if pk is None:
        return None
    link = (
        PublicLink.objects.select_related("survey__published").filter(pk=pk, survey__in=Survey.objects.in_use()).first()
    )
    if link is None or link.revoked_at is not None or not tokens.proves(token, PUBLIC_PURPOSE, pk, link.nonce):
        return None
    return link


def version_by_link(link: PublicLink, opened: str) -> Version:
    """What is asked now; a page that was `opened` before a new version was published is taken as it was."""
    found = version_opened(link.survey, opened) or link.survey.published
    # Surveys in use have one.
    assert found is not None
    version = with_questions(found)
    version.survey = link.survey
    return version


def language_for(request: HttpRequest, survey: Survey) -> str:
    """The first of the reader's languages that customers are written to in, or else the survey's own."""
    wanted = request.headers.get("Accept-Language", "")
    for code, _weight in parse_accept_lang_header(wanted[:200].lower()):
        short: str = code.partition("-")[0]
        if short in Language.values:
            return short
    return survey.language


def is_flooded(request: HttpRequest, link: PublicLink) -> bool:
    """Counts one more answer, and says whether that is too many."""
    here = is_too_often(f"public:{link.pk}:{place_of(request)}", MOST_FROM_A_PLACE)
    return is_too_often(f"public:{link.pk}", MOST_BY_A_LINK) or here
