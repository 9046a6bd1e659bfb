"""Customers, the people at them, and how they want to be treated."""

from customers.models.access import CustomerDataQuerySet, OneOpenQuerySet
from customers.models.alike import Alike, AlikeQuerySet, NameSeen
from customers.models.choices import CallEvery, Channel, ConsentKind, CountsAsContact, Language, Stage, Tone
from customers.models.contact import ConsentChange, ConsentChangeQuerySet, Contact, ContactQuerySet
from customers.models.customer import DUE_KEY, SAMPLE_DOMAIN, TOUCH_KEY, Customer, CustomerQuerySet, Segment
from customers.models.detail import ContactDetail, ContactDetailQuerySet
from customers.models.event import DatedEvent, DatedEventQuerySet
from customers.models.history import (
    MERGE_UNDOABLE_FOR,
    FormerKey,
    HandOver,
    Merge,
    OwnerChange,
    PreferenceChange,
    PreferenceChangeQuerySet,
    StageChange,
)
from customers.models.imports import (
    KEPT_FOR,
    UNBEGUN,
    WORKING,
    Import,
    ImportChunk,
    ImportQuerySet,
    ImportRow,
    ImportRowQuerySet,
    ImportState,
    Verdict,
)
from customers.models.journal import TRASH_KEPT_FOR, Step, Trashed, TrashedQuerySet
from customers.models.labels import CustomField, CustomFieldQuerySet, Tag, TagQuerySet
from customers.models.perk import PROMPT_BEFORE, Perk, PerkKind, PerkQuerySet

__all__ = [
    "DUE_KEY",
    "KEPT_FOR",
    "MERGE_UNDOABLE_FOR",
    "PROMPT_BEFORE",
    "SAMPLE_DOMAIN",
    "TOUCH_KEY",
    "TRASH_KEPT_FOR",
    "UNBEGUN",
    "WORKING",
    "Alike",
    "AlikeQuerySet",
    "CallEvery",
    "Channel",
    "ConsentChange",
    "ConsentChangeQuerySet",
    "ConsentKind",
    "Contact",
    "ContactDetail",
    "ContactDetailQuerySet",
    "ContactQuerySet",
    "CountsAsContact",
    "CustomField",
    "CustomFieldQuerySet",
    "Customer",
    "CustomerDataQuerySet",
    "CustomerQuerySet",
    "DatedEvent",
    "DatedEventQuerySet",
    "FormerKey",
    "HandOver",
    "Import",
    "ImportChunk",
    "ImportQuerySet",
    "ImportRow",
    "ImportRowQuerySet",
    "ImportState",
    "Language",
    "Merge",
    "NameSeen",
    "OneOpenQuerySet",
    "OwnerChange",
    "Perk",
    "PerkKind",
    "PerkQuerySet",
    "PreferenceChange",
    "PreferenceChangeQuerySet",
    "Segment",
    "Stage",
    "StageChange",
    "Step",
    "Tag",
    "TagQuerySet",
    "Tone",
    "Trashed",
    "TrashedQuerySet",
    "Verdict",
]
