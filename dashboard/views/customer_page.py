"""The page of one customer: everything about the relationship, in order."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Model, OuterRef, Prefetch, QuerySet, Subquery, Window
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from customers.models import Contact, ContactDetail, Customer, CustomField, DatedEvent, OwnerChange
from customers.requests import may_change
from dashboard.health import judgement_of
from dashboard.meetings import appointments, planned_with
from dashboard.plans import open_plan
from dashboard.presence import presence
from dashboard.renewals import of_customer
from dashboard.timeline import SHOWN_KINDS, Timeline, timeline
from dashboard.views.replying import PageRequest
from interactions.models import Complaint, Document, FollowUp, Interaction, Wish
from interactions.owing import Waiting, waiting
from retention.models import CustomerRisk, Loss, PlayTurn, RiskScale
from retention.wording import account, chance_in_words, who_went_quiet
from retention_crm.lib import clock

# So many open follow-ups are shown before all are asked for: what is due next, on a page that opens at once.
SHOWN_FOLLOW_UPS = 10
SHOWN_DOCUMENTS = 8


@require_safe
def customer(request: PageRequest, pk: int) -> HttpResponse:
    """The page, which fetches its timeline once it stands: who they are and what is open is there sooner.

    For htmx, which asks again when something was saved, all of it but the frame, so that nothing jumps. One that was
    merged into another is found there.
    """
    shown = _visible(request, pk, whole=True)
    if shown.pk != pk:
        return redirect("customer", shown.pk)
    context = _timeline(request, shown) if _is_in_place(request) else _basics(request, shown)
    context |= _whole(request, shown) | {"documents": _documents(context.get("timeline"), newest_of=shown)}
    response = render(request, _template(request, "page"), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def customer_timeline(request: PageRequest, pk: int) -> HttpResponse:
    """The timeline from `?after=` on, narrowed to `?show=`; without htmx on the whole page."""
    shown = _visible(request, pk, whole=not request.htmx)
    context = _timeline(request, shown)
    documents = _documents(context["timeline"], newest_of=None if request.htmx else shown)
    if not request.htmx:
        context |= _whole(request, shown) | {"documents": documents}
    fragment = "older" if request.GET.get("after") else "timeline"
    response = render(request, _template(request, fragment), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _is_in_place(request: PageRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request


def _template(request: PageRequest, fragment: str) -> str:
    return "dashboard/customer.html" + (f"#{fragment}" if _is_in_place(request) else "")


def _visible(request: PageRequest, pk: int, *, whole: bool) -> Customer:
    """With what `_whole` needs to know, if that is asked for."""
    rows = Customer.objects.visible_to(request.user).select_related("owner", "segment", "risk", "expectation")
    if whole:
        rows = rows.annotate(
            there=presence(), meetings_planned=planned_with(), scale=RiskScale.objects.latest_as_json()
        )
    if whole and request.user.is_manager:
        rows = rows.annotate(held_out=_held_out())
    shown = rows.known_as(pk)
    if shown is None:
        raise Http404
    return shown


def _basics(request: PageRequest, customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "editable": may_change(customer, Customer.objects.all(), request),
        "at": clock.now(),
        "kinds": [(key, label) for key, (label, _kinds) in SHOWN_KINDS.items()],
        "currency": request.user.company.currency,
    }


def _timeline(request: PageRequest, customer: Customer) -> dict[str, Any]:
    show = request.GET.get("show", "")
    return _basics(request, customer) | {
        "timeline": timeline(customer, show=show, after=request.GET.get("after", "")),
        "show": show if show in SHOWN_KINDS else "",
    }


def _whole(request: PageRequest, customer: Any) -> dict[str, Any]:
    """What the page shows of a customer of `_visible`; what there is none of is not asked for."""
    at, there = clock.now(), customer.there
    untold = OwnerChange.objects.untold().select_related("owner")
    on = customer.today(at)
    risk: CustomerRisk | None = getattr(customer, "risk", None)
    return {
        "contacts": _contacts(customer),
        "complaints": _listed(there["complaints"], Complaint.objects.open().select_related("owner"), customer),
        "owed": _owed(request, customer, at) if there["owed"] else [],
        "meetings": appointments(customer.meetings_planned),
        "wishes": _listed(there["wishes"], Wish.objects.open().select_related("contact"), customer),
        "untold": next(iter(_listed(there["untold"], untold, customer)), None),
        "tags": list(customer.tags.all()) if there["tags"] else [],
        "own_facts": CustomField.objects.facts(customer.custom),
        "risk": risk,
        "account": account(risk, on=on) if risk else [],
        "who_went_quiet": who_went_quiet(risk, on) if risk else "",
        "chance": chance_in_words(risk, RiskScale.read(customer.scale)) if risk else [],
        "judgement": judgement_of(customer, request.user.company, at=at) if there["judgements"] else None,
        "loss": _loss(customer),
        "plan": open_plan(customer) if there["plans"] else None,
        "held_out": getattr(customer, "held_out", None),
        "renewals": of_customer(customer) if there["renewals"] else [],
        "expected": getattr(customer, "expectation", None),
        "snoozed": customer.is_snoozed(on),
        "quiet_days": customer.quiet_days(on),
        "on": on,
    } | _open_follow_ups(request, customer)


def _contacts(customer: Any) -> list[Contact]:
    """With their days and addresses; nothing is asked for where none of them has any."""
    events = DatedEvent.objects.all() if customer.there["events"] else DatedEvent.objects.none()
    details = ContactDetail.objects.all() if customer.there["details"] else ContactDetail.objects.none()
    return list(customer.contacts.prefetch_related(Prefetch("events", events), Prefetch("details", details)))


def _listed[M: Model](is_there: bool, rows: QuerySet[M], customer: Customer) -> list[M]:
    return list(rows.filter(customer=customer)) if is_there else []


def _owed(request: PageRequest, customer: Customer, at: datetime) -> list[Waiting]:
    asked = Interaction.objects.owed().filter(customer=customer).select_related("contact")
    found = list(asked.order_by("happened_at", "pk"))
    for interaction in found:
        interaction.customer = customer
    return waiting(found, at=at, company=request.user.company)


def _loss(customer: Customer) -> Loss | None:
    """Why they left, if they did."""
    return Loss.objects.open().filter(customer=customer).select_related("said_by").first() if customer.is_lost else None


def _held_out() -> Subquery:
    """The play the lot left a customer out of when they turned red this time; empty for others."""
    turns = PlayTurn.objects.filter(customer=OuterRef("pk"), turned_at=OuterRef("risk__at_risk_since"))
    return Subquery(turns.filter(is_held_out=True).values("play__name")[:1])


def _documents(timeline: Timeline | None, *, newest_of: Customer | None) -> list[Document]:
    """Puts the documents of what the timeline shows beside it; returns the newest of the customer, newest first."""
    entries = timeline.entries if timeline else []
    rows: dict[int, Any] = {entry.row.pk: entry.row for entry in entries if entry.source == "interaction"}
    found = list(Document.objects.present().shown_with(rows, newest_of=newest_of, number=SHOWN_DOCUMENTS))
    for pk, row in rows.items():
        row.papers = [document for document in found if document.interaction_id == pk]
    return found[: -SHOWN_DOCUMENTS - 1 : -1]


def _open_follow_ups(request: PageRequest, customer: Customer) -> dict[str, Any]:
    """The next ones due, or all with `?open=all`; `unshown` is how many more there are."""
    rows = FollowUp.objects.open().filter(customer=customer).annotate(number=Window(Count("pk")))
    is_all = request.GET.get("open") == "all"
    found: list[Any] = list(rows.select_related("assignee")[: None if is_all else SHOWN_FOLLOW_UPS])
    unshown = found[0].number - len(found) if found else 0
    return {"follow_ups": found, "all_open": is_all, "unshown": unshown}
