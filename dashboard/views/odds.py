"""Save odds: what plans, plays and greetings were worth, with who is behind each figure. For managers."""

from typing import Any

from django.db.models import FETCH_RAISE, F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest, managers_only
from customers.models import Customer
from dashboard import odds as pages
from dashboard.csv_files import csv_file
from dashboard.paging import Order, page_of
from dashboard.periods import Days, spans
from dashboard.plans import Narrowed
from retention import odds
from retention.models import PlayTurn, RetentionPlan
from retention.trying import greeting_trial, trials

PAGE_SIZE = 25
BY_NAME = Order(F("sort_key"))


@require_safe
@managers_only
def save_odds(request: PersonRequest) -> HttpResponse:
    """Of plans begun on the days that are chosen; with ?play= or ?cause= the customers these are held against."""
    on, company = request.user.today(), request.user.company
    days = Days.read(request.GET, on=on)
    found = odds.save_odds(request.user, company, days.first, days.last)
    held_out = trials(company, days.first, days.last)
    here = pages.address(days)
    context: dict[str, Any] = {
        "days": days,
        "periods": [(label, pages.address(span), pages.address(span) == here) for label, span in spans(on)],
        "total": found.total,
        "tables": [
            (
                _("By play"),
                "plays",
                pages.rows(found.plays, pages.PLAY, days),
                pages.address(days, "odds_export", "plays"),
            ),
            (
                _("By suspected cause"),
                "causes",
                pages.rows(found.causes, pages.CAUSE, days),
                pages.address(days, "odds_export", "causes"),
            ),
        ],
        "trials": held_out,
        "greetings": greeting_trial(company, days.first, days.last),
        "trials_file": pages.address(days, "odds_export", "trials"),
        "has_any": RetentionPlan.objects.visible_to(request.user).filter(started_at__isnull=False).exists(),
        "draws_greetings": company.greetings_held_out_every,
        "company_settings": reverse("company_settings"),
    }
    return render(request, "dashboard/save_odds.html", context | _behind(request, days))


def _behind(request: PersonRequest, days: Days) -> dict[str, Any]:
    """One page of the customers whom those of a play or a cause are held against, or of those left out by lot."""
    narrowed = Narrowed.read(request.GET, on=request.user.today())
    rows = Customer.objects.visible_to(request.user)
    if "held_out" in request.GET and narrowed.play is not None:
        turns = PlayTurn.objects.filter(play=narrowed.play, is_held_out=True)
        rows, more = rows.filter(pk__in=turns.order_by().values("customer")), {"held_out": "1"}
    elif narrowed.play is not None or narrowed.cause:
        plans = narrowed.of(RetentionPlan.objects.visible_to(request.user), request.user.company.time_zone)
        like = odds.others_like(plans.values_list("pk", flat=True), request.user.company)
        rows, more = rows.filter(pk__in=like.order_by().values("pk")), {}
    else:
        return {}
    page = page_of(
        rows.select_related("owner", "segment").defer("care_note").fetch_mode(FETCH_RAISE),
        BY_NAME,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    of = {name: word for name, word in narrowed.words.items() if name in {pages.PLAY, pages.CAUSE}}
    here = pages.address(days, **of, **more)
    return {
        "narrowed": narrowed,
        "is_held_out": bool(more),
        "rows": page.rows,
        "following": pages.with_place(here, after=page.following),
        "preceding": pages.with_place(here, before=page.preceding),
    }


@require_safe
@managers_only
def odds_export(request: PersonRequest, table: str) -> HttpResponse:
    """One of the tables as CSV, of the same days."""
    on, company = request.user.today(), request.user.company
    days = Days.read(request.GET, on=on)
    if table in {"plays", "causes"}:
        found = odds.save_odds(request.user, company, days.first, days.last)
        name = _("Play") if table == "plays" else _("Suspected cause")
        content = pages.odds_as_csv(pages.all_odds(found, table), name)
    elif table == "trials":
        greetings = greeting_trial(company, days.first, days.last)
        found_trials = trials(company, days.first, days.last)
        content = pages.trials_as_csv([*found_trials, *([greetings] if greetings else [])])
    else:
        raise Http404
    return csv_file(f"odds-{table}-{on.isoformat()}", content)
