"""What customers wish for: the list of wishes, those that are alike, and what many of them wish for together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Count, F, Max, Q
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from dashboard.paging import Order, aware_moment
from interactions.models import CLOSED, Wish, WishQuerySet, WishState, WishTopic
from retention_crm.lib import text

LATEST_FIRST = Order(F("said_at"), aware_moment, descending=True)
PAGE_SIZE = 25
TOPICS_SHOWN = 30
# Of a text as short as a wish, from here on two say about the same more often than not.
ALIKE_FROM = 0.3
ALIKE_SHOWN = 6
STATES = ("open", "planned", "closed", "all")


@dataclass(frozen=True)
class Choice:
    """Which wishes the page shows, as its address names it; `mine` are those of one's own customers."""

    state: str = "open"
    mine: bool = False
    topic: int = 0

    @classmethod
    def read(cls, get: QueryDict) -> "Choice":
        state = get.get("state", "")
        return cls(state if state in STATES else "open", get.get("mine") == "1", text.row_id(get.get("topic", "")) or 0)

    def address(self, **more: str) -> str:
        query = QueryDict(mutable=True)
        here = {"state": self.state, "mine": "1" if self.mine else "", "topic": str(self.topic or "")} | more
        query.update({name: value for name, value in here.items() if value})
        return f"{reverse('wishes')}?{query.urlencode()}"


def wishes_of(user: User, choice: Choice) -> WishQuerySet:
    """With what a row says."""
    rows = Wish.objects.visible_to(user)
    if choice.state == "closed":
        rows = rows.closed()
    elif choice.state == "planned":
        rows = rows.filter(state=WishState.PLANNED)
    elif choice.state == "open":
        rows = rows.open()
    if choice.mine:
        rows = rows.filter(customer__owner=user)
    if choice.topic:
        rows = rows.filter(topic=choice.topic)
    return rows.select_related("customer__owner", "contact", "topic")


def topics_of(user: User) -> list[Any]:
    """What is wished for most, of the customers one sees: `open` wishes, by how many customers, and how many wait."""
    visible = Wish.objects.visible_to(user)
    seen = Q(wishes__in=visible.order_by().values("pk"))
    is_open = seen & ~Q(wishes__state__in=CLOSED)
    counts = {
        "open": Count("wishes", filter=is_open),
        "customers": Count("wishes__customer", filter=is_open, distinct=True),
        "waiting": Count("wishes", filter=is_open & Q(wishes__wants_answer=True)),
    }
    rows: Any = WishTopic.objects.annotate(**counts)
    return list(rows.filter(open__gt=0).order_by("-customers", "key")[:TOPICS_SHOWN])


def likely_topics(wish: Wish) -> list[Any]:
    """Those of whose name or wishes the text reminds first, then the others; `is_like` says how far the first go."""
    by_name = TrigramSimilarity("name", wish.text)
    by_wish = Max(TrigramSimilarity("wishes__text", wish.text), default=0.0)
    others = WishTopic.objects.exclude(wishes=wish)
    rows = others.annotate(name_like=by_name, wish_like=by_wish)
    found: list[Any] = sorted(rows, key=lambda topic: (-max(topic.name_like, topic.wish_like), topic.key))
    for topic in found:
        topic.is_like = max(topic.name_like, topic.wish_like) >= ALIKE_FROM
    return found


def alike(wish: Wish, user: User) -> WishQuerySet:
    """Open wishes that sound like this one and belong to no topic yet, of customers the person may change."""
    rows = Wish.objects.editable_by(user).open().filter(topic=None).exclude(pk=wish.pk)
    near = rows.annotate(like=TrigramSimilarity("text", wish.text)).filter(like__gte=ALIKE_FROM)
    found = list(near.order_by("-like", "pk").values_list("pk", flat=True)[:ALIKE_SHOWN])
    return Wish.objects.filter(pk__in=found).select_related("customer")


def closed_at(user: User, topic: WishTopic, moment: datetime) -> WishQuerySet:
    """The wishes of a topic that the person decided about at that moment."""
    return Wish.objects.editable_by(user).filter(topic=topic, decided_by=user, decided_at=moment)
