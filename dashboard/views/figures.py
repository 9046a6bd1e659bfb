"""The figures of the managers' pages as CSV, of the same choice as the page they stand on."""

from collections.abc import Callable

from django.db.models import FETCH_RAISE
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import PersonRequest, managers_only
from dashboard import figures as tables
from dashboard.csv_files import csv_file
from dashboard.losses import Choice
from dashboard.promises import GROUPS, promises_of
from dashboard.views.portfolio_parts import scope_of, turned_rows
from dashboard.whose_days import WhoseDays
from interactions.keeping import promises_kept
from retention.counting import figures, loads
from retention.learning import lessons
from retention.models import Loss
from retention.proving import Proof
from retention.turning import IN, OUT, Week, why_in, why_out
from retention_crm.lib import clock

# As many as anybody reads; a file is not paged.
MOST_TURNED = 10_000


@require_safe
@managers_only
def figures_export(request: PersonRequest, table: str) -> HttpResponse:
    """One table by its name."""
    if table not in _TABLES:
        raise Http404
    return csv_file(f"{table}-{request.user.today().isoformat()}", _TABLES[table](request))


def _portfolio(request: PersonRequest) -> bytes:
    company = request.user.company
    return tables.portfolio_as_csv(figures(scope_of(request).part, company, at=clock.now()), company.currency)


def _stages(request: PersonRequest) -> bytes:
    return tables.stages_as_csv(figures(scope_of(request).part, request.user.company, at=clock.now()))


def _people(request: PersonRequest) -> bytes:
    company = request.user.company
    found = loads(scope_of(request).part, company, at=clock.now())
    people = User.objects.in_bulk([owner for owner, _figures in found])
    return tables.people_as_csv([(people[owner], one) for owner, one in found], company.currency)


def _week(request: PersonRequest) -> bytes:
    week, on = Week.latest(), request.user.today()
    if week is None:
        return tables.week_as_csv([])
    kind = OUT if request.GET.get("show") == OUT else IN
    rows = turned_rows(request, scope_of(request), week, kind).select_related("customer__owner", "customer__risk")
    found = rows.order_by("place", "pk").fetch_mode(FETCH_RAISE)[:MOST_TURNED]
    return tables.week_as_csv((row, why_in(row, on) if kind == IN else [why_out(row, week)]) for row in found)


def _losses(request: PersonRequest) -> bytes:
    choice = Choice.read(request.GET, on=request.user.today())
    known = lessons(choice.of(Loss.objects.visible_to(request.user)))
    return tables.losses_as_csv(known, request.user.company.currency)


def _promises(request: PersonRequest) -> bytes:
    choice = WhoseDays.read("promises", request.GET, user=request.user, figures=GROUPS)
    return tables.promises_as_csv(promises_kept(promises_of(choice, request.user), at=clock.now()))


def _list(request: PersonRequest) -> bytes:
    return tables.list_as_csv(_proof(request))


def _said(request: PersonRequest) -> bytes:
    return tables.said_as_csv(_proof(request))


def _proof(request: PersonRequest) -> Proof:
    of = request.GET.get("of", "")
    proof = Proof.of(of) if of else Proof.latest()
    if proof is None:
        raise Http404
    return proof


_TABLES: dict[str, Callable[[PersonRequest], bytes]] = {
    "portfolio": _portfolio,
    "stages": _stages,
    "people": _people,
    "week": _week,
    "losses": _losses,
    "promises": _promises,
    "list": _list,
    "said": _said,
}
