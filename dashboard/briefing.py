"""What somebody has to know of customers they were given: the promises, complaints and wishes that came with them."""

from typing import Any

from django.db.models import FETCH_RAISE, Exists, F, OuterRef, Prefetch, QuerySet

from accounts.models import User
from customers.models import Contact, Customer, CustomerQuerySet, OwnerChange
from interactions.models import Complaint, FollowUp, Interaction, Wish
from retention.models import Renewal

_HANDED_OVER = OwnerChange.objects.untold().select_related("former").order_by("-changed_at", "-pk")
_PROMISED = FollowUp.objects.open().select_related("assignee").order_by("-is_promise", "due_at", "pk")
_CONTACTS = Contact.objects.filter(deceased=False, left_on=None).order_by(F("is_primary").desc(), "pk")


def given_to(user: User) -> CustomerQuerySet:
    """Customers this person was given who do not know it yet."""
    untold = OwnerChange.objects.untold().filter(customer=OuterRef("pk"), owner=user)
    return Customer.objects.visible_to(user).kept().filter(Exists(untold), owner=user)


def with_briefs(customers: CustomerQuerySet) -> CustomerQuerySet:
    """With all a brief says, in as many queries as it has parts."""
    parts: list[tuple[str, str, QuerySet[Any]]] = [
        ("owner_changes", "handed_over", _HANDED_OVER),
        ("contacts", "people", _CONTACTS),
        ("interactions", "owed", Interaction.objects.owed().order_by("happened_at", "pk")),
        ("follow_ups", "promised", _PROMISED),
        ("complaints", "complained", Complaint.objects.open()),
        ("wishes", "wished", Wish.objects.open()),
        ("renewals", "renewing", Renewal.objects.open()),
    ]
    wanted = [Prefetch(path, queryset=rows.fetch_mode(FETCH_RAISE), to_attr=name) for path, name, rows in parts]
    return customers.select_related("segment").prefetch_related(*wanted)
