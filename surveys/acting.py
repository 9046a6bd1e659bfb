"""Acting on an answer: what is so unhappy that somebody has to, by when, and what the customer calls a complaint."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Company
from customers.models import Customer
from interactions.models import Complaint, FollowUp
from interactions.scheduling import within_hours
from retention_crm.lib import text
from surveys.branching import Values
from surveys.models import DETRACTOR_MAX, NPS_TOP, Kind, Response, Survey, Version

# Up to which point of its scale an answer says that somebody is unhappy: 1 is the low end of all of them but the first.
LOW_UNTIL = {Kind.NPS.value: DETRACTOR_MAX, Kind.CSAT.value: 2, Kind.CES.value: 3}
COMPLAINT_LENGTH = 300


def lowest(version: Version, values: Values) -> tuple[int | None, int | None]:
    """The first unhappy answer to a scale as the point and the end of its scale; nothing if there is none."""
    for question in version.asked:
        value = values.get(question.key)
        if question.kind in LOW_UNTIL and value is not None and value <= LOW_UNTIL[question.kind]:  # type: ignore[operator]
            return int(value), question.scale[-1]  # type: ignore[arg-type]
    return None, None


def call_back(response: Response, survey: Survey, at: datetime) -> None:
    """Opens the owner's follow-up, once for all edits.

    It stays when an edit turns the answer into a better one: somebody was unhappy enough to say so, and whether that
    is settled is for the owner to judge. For the same reason its title keeps the answer that opened it.
    """
    customer = Customer.objects.select_related("owner").get(pk=response.customer_id)
    FollowUp.objects.get_or_create(
        occasion=f"detractor:{response.pk}",
        defaults={
            "customer": customer,
            "assignee": customer.owner,
            "origin": FollowUp.Origin.SURVEY,
            "title": _title(response),
            "due_at": within_hours(survey.follow_up_hours, customer.owner, at=at, country=Company.current().country),
            "created_at": at,
        },
    )


def _title(response: Response) -> str:
    point, of = response.low
    words = {"name": text.excerpt(response.contact.name, 160), "score": point, "of": of}
    with translation.override(settings.LANGUAGE_CODE):
        return (
            _("Call %(name)s: scored %(score)s") if of == NPS_TOP else _("Call %(name)s: answered %(score)s of %(of)s")
        ) % words


def may_complain(response: Response | None, survey: Survey) -> bool:
    """Whether the page asks if this is to be treated as a complaint."""
    return survey.offers_complaint and response is not None and response.is_unhappy and response.complaint_id is None


def take_as_complaint(response: Response, survey: Survey, at: datetime) -> None:
    """Opens a complaint by the customer's word, once however often it is sent."""
    with transaction.atomic():
        row = (
            Response.objects.select_for_update(no_key=True, of=("self",)).select_related("customer").get(pk=response.pk)
        )
        if not may_complain(row, survey):
            return
        with translation.override(settings.LANGUAGE_CODE):
            what = text.excerpt(row.comment, COMPLAINT_LENGTH) or _("Unhappy answer to the survey “%(name)s”") % {
                "name": survey
            }
        row.complaint = Complaint.objects.create(
            customer=row.customer, owner_id=row.customer.owner_id, what=what, opened_at=at
        )
        row.save(update_fields=["complaint"])
        Customer.objects.filter(pk=row.customer_id).mark_risk_stale(at)
