"""How far the telling of a notice has come: as a whole, of each owner, and customer by customer."""

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from django.db.models import FETCH_RAISE, Count, F, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dashboard.paging import Order, Page, page_of
from interactions.models import Notice, NoticeFor, NoticeForQuerySet
from outreach.models import Message

PAGE = 50
SHOWN: dict[str, Any] = {
    "open": _("Not yet told"),
    "overdue": _("Overdue"),
    "told": _("Told"),
    "all": _("All"),
}
_ORDER = Order(F("customer__sort_key"))
_TOLD, _UNTOLD = Q(follow_up__done_at__isnull=False), Q(follow_up__isnull=False, follow_up__done_at__isnull=True)


@dataclass(frozen=True)
class Figures:
    """How many customers; those not told are the overdue ones, too."""

    total: int
    told: int
    untold: int
    overdue: int

    def of(self, key: str) -> int:
        """How many the list shows that SHOWN names so."""
        return {"open": self.untold, "overdue": self.overdue, "told": self.told}.get(key, self.total)


def _counted(rows: NoticeForQuerySet, by: str, at: datetime) -> dict[int, Figures]:
    """The figures of each group, by the id of what the rows are grouped by."""
    counted = (
        rows.order_by()
        .values_list(by)
        .annotate(
            total=Count("pk"),
            told=Count("pk", filter=_TOLD),
            untold=Count("pk", filter=_UNTOLD),
            overdue=Count("pk", filter=_UNTOLD & Q(follow_up__due_at__lt=at)),
        )
    )
    return {pk: Figures(*numbers) for pk, *numbers in counted}


def of_notices(notices: Collection[Notice], user: User, *, at: datetime) -> dict[int, Figures]:
    """Of each notice, as far as the user sees its customers, by the id of the notice."""
    return _counted(NoticeFor.objects.visible_to(user).filter(notice__in=notices), "notice", at)


def of_owners(notice: Notice, user: User, *, at: datetime) -> list[tuple[User, Figures]]:
    """Of each owner of customers the user sees, by name."""
    counted = _counted(NoticeFor.objects.visible_to(user).filter(notice=notice), "customer__owner", at)
    owners = User.objects.in_bulk(counted).values()
    return [(owner, counted[owner.pk]) for owner in sorted(owners, key=lambda owner: (str(owner).casefold(), owner.pk))]


def in_all(parts: Iterable[Figures]) -> Figures:
    """The sum of all."""
    columns = list(zip(*(astuple(part) for part in parts), strict=True)) or [()] * 4
    return Figures(*map(sum, columns))


def rows_of(
    notice: Notice, user: User, *, show: str, owner: int | None, at: datetime, after: str = "", before: str = ""
) -> Page[NoticeFor]:
    """Customers the user may see, by name, each with the mails that were planned for it."""
    visible = NoticeFor.objects.visible_to(user).filter(notice=notice)
    narrowed = {
        "open": visible.untold(),
        "overdue": visible.overdue(at),
        "told": visible.told(),
    }.get(show, visible)
    if owner is not None:
        narrowed = narrowed.filter(customer__owner=owner)
    mails = Message.objects.only("state", "due_at", "reason", "detail", "said", "finished_at", "notice_for_id", "kind")
    shown = narrowed.select_related("customer__owner", "follow_up__done_by", "told_in").prefetch_related(
        Prefetch("messages", mails)
    )
    return page_of(shown.fetch_mode(FETCH_RAISE), _ORDER, after=after, before=before, size=PAGE)
