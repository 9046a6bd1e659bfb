"""What people call the rows that move or go with a customer or a contact."""

from collections.abc import Mapping

from django.apps import apps
from django.utils.translation import gettext_lazy

# What people call rows that move; other models are called by their own names.
_WORDS = {
    "customers.Contact": gettext_lazy("contacts"),
    "customers.ContactDetail": gettext_lazy("further addresses and notes"),
    "customers.Customer_tags": gettext_lazy("tags"),
    "customers.DatedEvent": gettext_lazy("special days"),
    "customers.ConsentChange": gettext_lazy("changes of consent"),
    "customers.PreferenceChange": gettext_lazy("changes of wishes"),
    "customers.OwnerChange": gettext_lazy("changes of the owner"),
    "customers.Merge": gettext_lazy("merges of before"),
    "interactions.Interaction": gettext_lazy("conversations, purchases and gestures"),
    "interactions.FollowUp": gettext_lazy("follow-ups and promises"),
    "interactions.Complaint": gettext_lazy("complaints"),
    "surveys.Invitation": gettext_lazy("surveys they were asked"),
    "surveys.Response": gettext_lazy("survey answers"),
    "outreach.Message": gettext_lazy("messages, sent and to come"),
    "customers.Trashed": gettext_lazy("things in the trash"),
    "retention.PlayStep": gettext_lazy("steps of plays"),
    "retention.RetentionPlan": gettext_lazy("retention plans"),
    "retention.Loss": gettext_lazy("losses, with the reasons"),
    "dashboard.BulkRow": gettext_lazy("changes of many customers"),
    "dashboard.FirstView": gettext_lazy("people whose list opened with it"),
}
# Nothing a person ever entered, and what survey answers consist of.
_COMPUTED = {"retention.CustomerRisk", "customers.Step", "surveys.Answer", "surveys.Begun"}


def plural(label: str) -> str:
    """What people call several rows of the model with that label."""
    return str(_WORDS.get(label, apps.get_model(label)._meta.verbose_name_plural))


def in_words(numbers: Mapping[str, int]) -> list[tuple[int, str]]:
    """How many of each, by the labels of their models, in the words of people."""
    return [(number, plural(label)) for label, number in numbers.items() if label not in _COMPUTED]
