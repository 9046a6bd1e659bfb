"""Bad news: written down once with the customers it touches, and ticked off when each of them was told."""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Contact
from customers.requests import get_editable
from dashboard import notices as telling
from dashboard.looking_ahead import look_ahead
from dashboard.views.replying import PageRequest, form_status, posted, saved
from interactions.announcing import Proposal, announce, propose
from interactions.models import FollowUp, How, Notice, NoticeFor
from interactions.notice_forms import HowForm, NoticeForm, ToldForm
from outreach.reaching import why_no_mail, why_not_once_more, without_mail
from outreach.taking_back import tell_in_person, tell_otherwise, withdraw
from retention.scoring import rescore
from retention_crm.lib import clock, text
from surveys.paging import page_after


@require_safe
def notices(request: PageRequest) -> HttpResponse:
    """All that touch a customer the person sees, the newest first, and how far telling has come."""
    at = clock.now()
    visible = Notice.objects.visible_to(request.user).select_related("created_by")
    page, following = page_after(visible, "created_at", request.GET.get("after", ""))
    figures = telling.of_notices(page, request.user, at=at)
    rows = [(notice, figures.get(notice.pk)) for notice in page]
    return render(request, "dashboard/notices.html", {"rows": rows, "next": following})


@require_http_methods(["GET", "HEAD", "POST"])
def notice_new(request: PageRequest) -> HttpResponse:
    """Asks what it is and whom it touches; shows how each would be told, and saves what was shown."""
    at = clock.now()
    mine = {"whom": "segment"} if request.user.is_manager else {"whom": "owner", "owner": request.user.pk}
    initial = {"key": uuid.uuid4(), "how": How.MAIL, **mine}
    form = NoticeForm(posted(request), user=request.user, at=at, initial=initial)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        proposals = propose(form.customers, How(form.cleaned_data["how"]), without_mail=without_mail)
        shown = _fingerprint(proposals)
        if request.POST.get("shown") == shown:
            form.instance.key = form.cleaned_data["key"]
            return _save(request, form.instance, proposals, at)
        context |= {
            "shown": shown,
            "has_changed": bool(request.POST.get("shown")),
            "count": len(proposals),
            "ways": [(how, [row for row in proposals if row.how == how]) for how in How],
        }
    return render(request, "dashboard/notice_new.html", context, status=form_status(form))


def _fingerprint(proposals: list[Proposal]) -> str:
    """Changes with whom it touches and how they are told: nobody is told whom the person has not seen."""
    written = ",".join(f"{row.customer.pk}:{row.how}" for row in proposals)
    return hashlib.sha256(written.encode()).hexdigest()


def _save(request: PageRequest, notice: Notice, proposals: list[Proposal], at: datetime) -> HttpResponse:
    stored, is_new = announce(notice, proposals, by=request.user, at=at)
    if not is_new:
        messages.warning(request, _("This notice is saved already."))
    else:
        by_mail = sum(row.how == How.MAIL for row in proposals)
        words = ngettext("Saved for %(n)d customer.", "Saved for %(n)d customers.", len(proposals))
        later = _("Mails leave in an hour; until then you can choose another way for some.") if by_mail else ""
        messages.success(request, f"{words % {'n': len(proposals)}} {later}".strip())
    return redirect("notice", stored.pk)


@require_safe
def notice_find(request: PageRequest) -> HttpResponse:
    """The look-ahead beside the names."""
    context = vars(look_ahead(request.GET.get("q", ""), request.user))
    return render(request, "dashboard/notice_new.html#found", context)


@require_safe
def notice(request: PageRequest, pk: int) -> HttpResponse:
    """What it is, how far telling has come, and each customer; `?show=` and `?owner=` narrow the list."""
    at = clock.now()
    shown = get_object_or_404(Notice.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    show, owner = request.GET.get("show", "open"), request.GET.get("owner", "")
    owner_pk = text.row_id(owner)
    of_owners = telling.of_owners(shown, request.user, at=at)
    figures = telling.in_all(numbers for _owner, numbers in of_owners)
    narrowed = telling.in_all(numbers for person, numbers in of_owners if owner_pk in {None, person.pk})
    show = show if show in telling.SHOWN else "open"
    if show == "open" and not narrowed.untold and "show" not in request.GET:
        show = "all"
    place = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = telling.rows_of(shown, request.user, show=show, owner=owner_pk, at=at, **place)
    context = {
        "notice": shown,
        "figures": figures,
        "of_owners": of_owners,
        "kinds": [(key, label, narrowed.of(key)) for key, label in telling.SHOWN.items()],
        "page": page,
        "show": show,
        "owner": owner_pk,
        "editable": NoticeFor.objects.pks_editable_by(request.user, [row.pk for row in page.rows]),
        "may_withdraw": _may_withdraw(request, shown),
        "at": at,
    }
    in_place = request.htmx and not request.htmx.history_restore_request
    response = render(request, "dashboard/notice.html" + ("#page" if in_place else ""), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _may_withdraw(request: PageRequest, notice: Notice) -> bool:
    is_theirs = request.user.is_manager or notice.created_by_id == request.user.pk
    return is_theirs and notice.withdrawn_at is None


@require_http_methods(["GET", "HEAD", "POST"])
def notice_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    """Asks, and tells nobody else; for whoever wrote it, and managers."""
    shown = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    if not (request.user.is_manager or shown.created_by_id == request.user.pk):
        raise PermissionDenied
    if request.method == "POST":
        withdraw(shown, at=clock.now())
        messages.success(request, _("Withdrawn. Nobody else is told."))
        return redirect("notice", pk)
    told = NoticeFor.objects.filter(notice=shown).told().count()
    return render(request, "dashboard/notice_withdraw.html", {"notice": shown, "told": told})


@require_http_methods(["GET", "HEAD", "POST"])
def notice_told(request: PageRequest, pk: int) -> HttpResponse:
    """Logs how a customer was told and ends the task; `pk` is that of the task."""
    at = clock.now()
    task = get_editable(FollowUp.objects.all(), request, pk)
    rows = NoticeFor.objects.select_related("notice", "customer__owner", "customer__segment", "follow_up")
    told = get_object_or_404(rows, follow_up=task)
    if not task.is_open:
        return saved(request, _("They were told before."), to=_page(told))
    form = ToldForm(posted(request), told=told)
    if form.is_valid():
        tell_in_person(told, form.interaction(by=request.user, at=at), by=request.user, at=at)
        rescore([told.customer_id], at=at)
        words = _("%(customer)s was told.") % {"customer": told.customer}
        return saved(request, words, to=_page(told), undo=reverse("follow_up_reopen", args=[pk]))
    context = {"form": form, "told": told, "task": task, "at": at, "next": request.GET.get("next", "")}
    template = "dashboard/notice_told.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def notice_how(request: PageRequest, pk: int) -> HttpResponse:
    """Another way to tell one customer, as long as they have not been told."""
    rows = NoticeFor.objects.select_related("notice", "customer", "follow_up")
    row = get_editable(rows, request, pk)
    if not row.is_to_be_told:
        return saved(request, _("They were told before, or need not be told any more."), to=_page(row))
    reader, why_not = _why_no_mail(request, row)
    form = HowForm(posted(request), initial={"how": row.how}, why_no_mail=why_not)
    if form.is_valid():
        tell_otherwise(row, How(form.cleaned_data["how"]), at=clock.now())
        words = {"customer": row.customer, "how": row.get_how_display()}
        return saved(request, _("%(customer)s: %(how)s") % words, to=_page(row))
    context = {"form": form, "row": row, "next": request.GET.get("next", ""), "reader": reader, "why_not": why_not}
    template = "dashboard/notice_how.html" + ("#panel" if request.htmx else "")
    return render(request, template, context, status=form_status(form))


def _why_no_mail(request: PageRequest, row: NoticeFor) -> tuple[Contact | None, str]:
    """Why the customer can not be told by mail; if it is for the address of their contact, that contact."""
    if why_not := why_not_once_more(row):
        return None, why_not
    reader = Contact.objects.filter(customer=row.customer, is_primary=True).select_related("customer").first()
    return reader, why_no_mail(reader, company=request.user.company, at=clock.now()) if reader else ""


def _page(row: NoticeFor) -> str:
    return reverse("notice", args=[row.notice_id])
