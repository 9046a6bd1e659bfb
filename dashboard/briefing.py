"""What somebody has to know of customers they were given: the promises, complaints and wishes that came with them."""

from django.db.models import FETCH_RAISE, Exists, F, OuterRef, Prefetch

from accounts.models import User
from customers.models import Contact, Customer, CustomerQuerySet, OwnerChange
from interactions.models import Complaint, FollowUp, Interaction, Wish
from retention.models import Renewal

_CONTACTS = Contact.objects.filter(deceased=False, left_on=None).order_by(F("is_primary").desc(), "pk")


def given_to(user: User) -> CustomerQuerySet:
    """Customers this person was given who do not know it yet."""
    untold = OwnerChange.objects.untold().filter(customer=OuterRef("pk"), owner=user)
    return Customer.objects.visible_to(user).kept().filter(Exists(untold), owner=user)


def with_briefs(customers: CustomerQuerySet) -> CustomerQuerySet:
    """With all a brief says, in as many queries as it has parts."""
    parts = {
        "handed_over": OwnerChange.objects.untold().select_related("former").order_by("-changed_at", "-pk"),
        "people": _CONTACTS,
        "owed": Interaction.objects.owed().order_by("happened_at", "pk"),
        "promised": FollowUp.objects.open().select_related("assignee").order_by("-is_promise", "due_at", "pk"),
        "complained": Complaint.objects.open(),
        "wished": Wish.objects.open(),
        "renewing": Renewal.objects.open(),
    }
    paths = {
        "handed_over": "owner_changes",
        "people": "contacts",
        "owed": "interactions",
        "promised": "follow_ups",
        "complained": "complaints",
        "wished": "wishes",
        "renewing": "renewals",
    }
    wanted = [
        Prefetch(paths[name], queryset=rows.fetch_mode(FETCH_RAISE), to_attr=name) for name, rows in parts.items()
    ]
    return customers.select_related("segment").prefetch_related(*wanted)
