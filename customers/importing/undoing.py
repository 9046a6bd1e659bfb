"""Taking an import back, the last line first: what it brought goes, what it changed becomes what it was.

What somebody used or changed since stays as it is, and the line says why.
"""

import json
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Model
from django.utils.translation import gettext as _

from accounts.models import User
from customers.importing.checking import last_line
from customers.importing.filling import mark, stored, to_python
from customers.merging import relations
from customers.models import (
    ConsentChange,
    Contact,
    ContactDetail,
    Customer,
    CustomField,
    DatedEvent,
    Import,
    ImportRow,
    ImportState,
    Tag,
)
from retention_crm.lib import clock

_ROWS_AT_ONCE = 500
# Computed, and computed anew whenever it is needed.
_COMPUTED = {"retention.CustomerRisk"}
# What lines brought beside contacts and customers themselves, and under what name its ids are kept.
_OF_CONTACTS: tuple[tuple[type[Model], str], ...] = (
    (ContactDetail, "details"),
    (DatedEvent, "events"),
    (ConsentChange, "consent"),
)
_OF_CUSTOMERS: tuple[tuple[type[Model], str], ...] = ((Customer.tags.through, "tags"),)
_OUTCOMES = """
UPDATE customers_importrow r SET changes = new.changes, kept_because = new.kept_because
FROM jsonb_to_recordset(%s) AS new (pk bigint, changes jsonb, kept_because text) WHERE r.id = new.pk
"""


def ask_to_undo(intake: Import, *, by: User, at: datetime) -> bool:
    """Asks a worker to take the import back; whether that is still possible."""
    if not intake.can_be_undone(at):
        return False
    frm = (ImportState.DONE, ImportState.FAILED)
    return intake.move_to(ImportState.UNDOING, frm=frm, undone_by=by, total=last_line(intake))


def undo(intake: Import, *, until: float) -> None:
    """Goes on until that moment of the steady clock."""
    while time.monotonic() < until:
        if not _undo_batch(intake):
            kept = intake.rows.exclude(kept_because="").count()
            counts = {**intake.counts, "kept": kept}
            intake.move_to(ImportState.UNDONE, frm=(ImportState.UNDOING,), counts=counts, finished_at=clock.now())
            return


def kept_reasons(intake: Import) -> list[tuple[str, int]]:
    """Why lines could not be undone, and how many each."""
    rows = intake.rows.exclude(kept_because="").order_by().values_list("kept_because")
    return list(rows.annotate(number=Count("pk")).order_by("-number"))


def _undo_batch(intake: Import) -> bool:
    with transaction.atomic():
        done = intake.rows.filter(line__lte=intake.total - intake.position, changes__isnull=False)
        rows = list(done.order_by("-line").only("of", "line", "customer_pk", "contact_pk", "changes")[:_ROWS_AT_ONCE])
        if not rows:
            return False
        batch = _Batch(rows)
        batch.undo()
        with connection.cursor() as cursor:
            cursor.execute(_OUTCOMES, [json.dumps(batch.outcomes())])
        intake.position = intake.total - rows[-1].line + 1
        Import.objects.filter(pk=intake.pk).update(position=intake.position)
    return True


class _Batch:
    """Lines to be taken back, with what they are about, locked until the transaction ends."""

    def __init__(self, rows: list[ImportRow]) -> None:
        self.rows = rows
        self.kept: dict[int, list[str]] = defaultdict(list)
        customers = {row.customer_pk for row in rows if row.customer_pk}
        contacts = {row.contact_pk for row in rows if row.contact_pk}
        self._customers = Customer.objects.select_for_update().order_by("pk").in_bulk(customers)
        self._contacts = Contact.objects.select_for_update().order_by("pk").in_bulk(contacts)
        self._fields = {field.key: field.name for field in CustomField.objects.all()}

    def undo(self) -> None:
        used = _used(Contact, _pks(row.contact_pk for row in self._with("new_contact")), self._own())
        for row in self.rows:
            if "new_contact" in _changes(row):
                self._stays(row, self._contacts, "contact", used)
            self._take_back(row)
        gone = _pks(row.contact_pk for row in self._with("new_contact") if row.pk not in self.kept)
        Contact.objects.filter(pk__in=gone).delete()
        self._undo_customers()
        self._undo_tags()
        touched = Customer.objects.filter(pk__in=self._customers)
        touched.recompute_due()
        touched.mark_risk_stale(clock.now())

    def _with(self, name: str) -> list[ImportRow]:
        return [row for row in self.rows if name in _changes(row)]

    def _own(self) -> dict[type[Model], list[int]]:
        """What the lines brought to people and customers, which does not keep them."""
        named = (*_OF_CONTACTS, *_OF_CUSTOMERS)
        return {model: [pk for row in self.rows for pk in _changes(row).get(name, ())] for model, name in named}

    def _stays(self, row: ImportRow, rows: dict[int, Any], kind: str, used: dict[int, str]) -> bool:
        """Whether a new row has to stay, and keeps the reason."""
        pk = row.contact_pk if kind == "contact" else row.customer_pk
        found = rows.get(pk or 0)
        if found is None:
            reason = _("was deleted or merged since")
        elif pk in used:
            reason = _("is in use: %(what)s") % {"what": used[pk]}
        elif mark(found) != _changes(row)[f"new_{kind}"]:
            reason = _("was changed since")
        else:
            return False
        who = _("The contact") if kind == "contact" else _("The customer")
        self.kept[row.pk].append(f"{who} {reason}.")
        return True

    def _take_back(self, row: ImportRow) -> None:
        """The changes of fields go back, unless they were changed again; what was added goes.

        A customer or contact that was new and stays keeps what was brought with it.
        """
        contact, customer = self._contacts.get(row.contact_pk or 0), self._customers.get(row.customer_pk or 0)
        for found, changes in ((contact, _changes(row).get("contact")), (customer, _changes(row).get("customer"))):
            if changes and found is None:
                self.kept[row.pk].append(_("It was deleted or merged since."))
            elif changes and found is not None:
                self._restore(row, found, changes)
        if customer is not None and (changes := _changes(row).get("custom")):
            self._restore_custom(row, customer, changes)
        for of, named in (("new_contact", _OF_CONTACTS), ("new_customer", _OF_CUSTOMERS)):
            for model, name in named:
                if of not in _changes(row) and name in _changes(row):
                    model._base_manager.filter(pk__in=_changes(row)[name]).delete()

    def _restore_custom(self, row: ImportRow, customer: Customer, changes: dict[str, list[Any]]) -> None:
        """What the company's own fields held before."""
        custom = dict(customer.custom)
        for key, (before, after) in changes.items():
            if custom.get(key) == after:
                custom[key] = before
            else:
                self._keep_value(row, self._fields.get(key, key))
        customer.custom = {key: value for key, value in custom.items() if value is not None}
        customer.save(update_fields=["custom"])

    def _keep_value(self, row: ImportRow, name: Any) -> None:
        self.kept[row.pk].append(_("“%(field)s” was changed since.") % {"field": name})

    def _restore(self, row: ImportRow, found: Model, changes: dict[str, list[Any]]) -> None:
        restored = []
        for name, (before, after) in changes.items():
            if stored(getattr(found, name)) == after:
                setattr(found, name, to_python(found, name, before))
                restored.append(name)
            else:
                self._keep_value(row, found._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        if restored:
            found.save(update_fields=restored)

    def _undo_customers(self) -> None:
        rows = self._with("new_customer")
        used = _used(Customer, _pks(row.customer_pk for row in rows), self._own())
        gone = _pks(row.customer_pk for row in rows if not self._stays(row, self._customers, "customer", used))
        Customer.objects.filter(pk__in=gone).delete()
        for pk in gone:
            self._customers.pop(pk, None)

    def _undo_tags(self) -> None:
        """Tags that were not there before go, if nothing has them now."""
        new = {pk for row in self.rows for pk in _changes(row).get("new_tags", ())}
        if new:
            pks = list(Tag.objects.filter(pk__in=new).order_by("pk").select_for_update().values_list("pk", flat=True))
            Tag.objects.filter(pk__in=set(pks) - _used(Tag, pks, {}).keys()).delete()

    def outcomes(self) -> list[dict[str, Any]]:
        return [
            {"pk": row.pk, "changes": None, "kept_because": " ".join(self.kept.get(row.pk, ()))} for row in self.rows
        ]


def _changes(row: ImportRow) -> dict[str, Any]:
    changes: dict[str, Any] = row.changes or {}
    return changes


def _pks(found: Iterable[int | None]) -> list[int]:
    return [pk for pk in found if pk is not None]


def _used(model: type[Model], pks: list[int], own: dict[type[Model], list[int]]) -> dict[int, str]:
    """Those of the ids that something belongs to which the import did not bring, with the name of it."""
    used: dict[int, str] = {}
    for relation in relations(model):
        other: Any = relation.related_model
        if other._meta.label not in _COMPUTED:
            rows = other._base_manager.filter(**{f"{relation.field.name}__in": pks})
            names = _ids(rows.exclude(pk__in=own.get(other, [])), f"{relation.field.name}_id")
            used |= dict.fromkeys(
                names, _("tags") if other._meta.auto_created else str(other._meta.verbose_name_plural)
            )
    return used


def _ids(rows: Any, name: str) -> Collection[int]:
    return set(rows.values_list(name, flat=True))
