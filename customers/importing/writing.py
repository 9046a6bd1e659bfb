"""Writing one batch of lines: customers, people, and what else is known of them; a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from customers.handing_over import note_owners
from customers.importing.filling import OVERWRITE, changed_fields, fill, fill_custom, mark
from customers.importing.inserting import insert
from customers.importing.records import Record
from customers.importing.tagging import Tagged, tag
from customers.importing.telephones import is_same, last_digits
from customers.models import (
    ConsentChange,
    ConsentKind,
    Contact,
    ContactDetail,
    Customer,
    DatedEvent,
    ImportRow,
    OwnerChange,
    StageChange,
    Verdict,
)
from retention_crm.lib import text

_UPDATED_AT_ONCE = 250
_OF_CONTACT = [
    field.attname for field in Contact._meta.concrete_fields if not field.generated and not field.primary_key
]


@dataclass(frozen=True)
class Terms:
    """On what terms lines are written; `defaults` are the values of new customers where the file says nothing."""

    by: User
    at: datetime
    mode: str
    defaults: dict[str, Any]


@dataclass
class _Done:
    """What one line did."""

    row: ImportRow
    record: Record
    customer: Customer | None = None
    contact: Contact | None = None
    # The marks of what is new, as it was brought: later lines may be about the same.
    new_customer: str = ""
    new_contact: str = ""
    customer_changes: dict[str, list[Any]] = field(default_factory=dict)
    custom_changes: dict[str, list[Any]] = field(default_factory=dict)
    contact_changes: dict[str, list[Any]] = field(default_factory=dict)
    # Whether what the line says of a customer is said of its customer.
    is_about: bool = False
    tagged: Tagged = field(default_factory=Tagged)
    details: list[tuple[int, str, str, str]] = field(default_factory=list)
    detail_pks: list[int] = field(default_factory=list)
    events: list[DatedEvent] = field(default_factory=list)
    consent: list[ConsentChange] = field(default_factory=list)


class Batch:
    """The rows of one batch, in order, and what belongs to them in the database, locked until the transaction ends.

    `customers` and `contacts` are the ids that lines of earlier batches brought, by their line.
    """

    def __init__(
        self, rows: list[ImportRow], terms: Terms, *, customers: dict[int, int], contacts: dict[int, int]
    ) -> None:
        self.terms = terms
        self.lines = [_Done(row, Record.of(row.record)) for row in rows]
        self._by_line: dict[int | None, _Done] = {line.row.line: line for line in self.lines}
        contact_pks = {row.contact_pk for row in rows if row.contact_pk} | set(contacts.values())
        known = Contact.objects.filter(pk__in=contact_pks)
        customer_pks = {row.customer_pk for row in rows if row.customer_pk} | set(customers.values())
        customer_pks |= set(known.values_list("customer_id", flat=True))
        # Customers before contacts, as everybody locks them.
        self._customers = Customer.objects.select_for_update().order_by("pk").in_bulk(customer_pks)
        self._contacts = known.select_for_update().order_by("pk").in_bulk()
        self._led = {line: self._customers[pk] for line, pk in customers.items() if pk in self._customers}
        self._same = {line: self._contacts[pk] for line, pk in contacts.items() if pk in self._contacts}
        keys = {line.record.customer.get("external_key", "") for line in self.lines}
        self._by_key = Customer.objects.known_by(keys - {""})
        self._former_owners = {pk: customer.owner_id for pk, customer in self._customers.items()}

    def write(self) -> None:
        for line in self.lines:
            self._put_customer(line)
        self._save_customers()
        self._tag_customers()
        self._look_up()
        for line in self.lines:
            if line.customer is not None:
                self._put_contact(line)
        self._save_contacts()
        for line in self.lines:
            if line.contact is not None:
                self._put_rest(line)
        self._save_rest()
        touched = {line.customer.pk for line in self.lines if line.customer}
        Customer.objects.filter(pk__in=touched).recompute_due()
        Customer.objects.filter(pk__in=touched - self._new).mark_risk_stale(self.terms.at)

    # Customers

    def _put_customer(self, line: _Done) -> None:
        row = line.row
        if row.same_as is not None or row.contact_pk is not None:
            # Of the same batch: known when the people are written.
            contact = self._contacts.get(row.contact_pk or 0) or self._same.get(row.same_as or 0)
            pk = contact.customer_id if contact else None
            line.customer = self._customers.get(pk or 0) or self._customer_of(row.same_as)
        elif row.customer_pk is not None:
            line.customer = self._customers.get(row.customer_pk)
        elif row.leader == row.line:
            line.customer = self._led[row.line] = self._new_customer(line.record)
            line.new_customer, line.is_about = mark(line.customer), True
            return
        else:
            line.customer = self._led.get(row.leader or 0)
        # The name of a company that is written in another way is no other company.
        line.is_about = line.customer is not None and self._is_about(line, line.customer)
        if line.customer is not None and line.is_about:
            line.custom_changes = fill_custom(line.customer, line.record.custom, mode=self.terms.mode)
            line.customer_changes = fill(line.customer, _without(line.record.customer, "name"), mode=self.terms.mode)

    def _customer_of(self, number: int | None) -> Customer | None:
        return self._by_line[number].customer if number in self._by_line else None

    def _is_about(self, line: _Done, customer: Customer) -> bool:
        """Whether what the line says of a customer is said of this one, and not of another where the person was."""
        said = line.record.customer
        key = said.get("external_key", "")
        same_key = bool(key) and (key == customer.external_key or self._by_key.get(key) == customer.pk)
        return same_key or said["sort_key"] == customer.sort_key or not line.record.is_company

    def _new_customer(self, record: Record) -> Customer:
        said = {**self.terms.defaults, **record.customer}
        for name in ("customer_since", "lost_on"):
            said[name] = date.fromisoformat(said[name]) if said.get(name) else None
        for name in ("language", "time_zone"):
            said[name] = record.customer.get(name) or record.contact.get(name) or said[name]
        return Customer(**said, custom=record.custom, created_at=self.terms.at, risk_stale_since=self.terms.at)

    def _save_customers(self) -> None:
        new = [line.customer for line in self.lines if line.customer and line.new_customer]
        keys = [customer.external_key for customer in new if customer.external_key]
        taken = Customer.objects.known_by(keys)
        for customer in new:
            if customer.external_key in taken:
                customer.external_key = None
        Customer.objects.bulk_create(new)
        self._customers |= {customer.pk: customer for customer in new}
        self._new = {customer.pk for customer in new}
        # What later lines say of somebody new is inserted with them.
        lines = [line for line in self.lines if line.customer_changes or line.custom_changes]
        changed = {line.customer.pk: line.customer for line in lines if line.customer}
        changed = {pk: customer for pk, customer in changed.items() if pk not in self._new}
        if changed:
            fields = changed_fields(line.customer_changes for line in lines)
            fields += ["custom"] if any(line.custom_changes for line in lines) else []
            Customer.objects.bulk_update(changed.values(), fields, batch_size=_UPDATED_AT_ONCE)
            self._note_owners(changed)
        self._note_stages()

    def _note_owners(self, changed: dict[int, Customer]) -> None:
        given = [
            OwnerChange(
                customer=customer,
                former_id=self._former_owners[pk],
                owner_id=customer.owner_id,
                changed_at=self.terms.at,
                changed_by=self.terms.by,
            )
            for pk, customer in changed.items()
            if self._former_owners.get(pk, customer.owner_id) != customer.owner_id
        ]
        note_owners(given, at=self.terms.at)

    def _note_stages(self) -> None:
        StageChange.objects.bulk_create(
            StageChange(
                customer=line.customer,
                former=line.customer_changes["stage"][0],
                stage=line.customer_changes["stage"][1],
                changed_at=self.terms.at,
                changed_by=self.terms.by,
            )
            for line in self.lines
            if line.customer and "stage" in line.customer_changes
        )

    def _tag_customers(self) -> None:
        lines = [line for line in self.lines if line.customer and line.is_about and line.record.tags]
        wanted = [(line.customer.pk, line.record.tags) for line in lines if line.customer]
        for line, tagged in zip(lines, tag(wanted), strict=True):
            line.tagged = tagged

    # People

    def _look_up(self) -> None:
        """What there is of the people and their colleagues already."""
        pks = list(self._contacts)
        self._known_details: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for pk, kind, value in ContactDetail.objects.filter(contact__in=pks).values_list("contact", "kind", "value"):
            self._known_details[pk].add((kind, value.lower()))
        self._known_events: dict[int, set[tuple[int, int, str]]] = defaultdict(set)
        for pk, month, day, name in DatedEvent.objects.filter(contact__in=pks).values_list(
            "contact", "month", "day", "name"
        ):
            self._known_events[pk].add((month, day, text.sort_key(name)))
        withdrawn = ConsentChange.objects.filter(contact__in=pks, granted=False)
        self._withdrawn = set(withdrawn.values_list("contact", "kind"))
        primary = Contact.objects.filter(customer__in=self._customers, is_primary=True)
        self._with_primary = set(primary.values_list("customer", flat=True))

    def _put_contact(self, line: _Done) -> None:
        row, said = line.row, line.record.contact
        if row.contact_pk is not None:
            line.contact = self._contacts.get(row.contact_pk)
        elif row.same_as is not None:
            line.contact = self._same.get(row.same_as)
        elif said and line.customer is not None:
            line.contact = self._same[row.line] = self._new_contact(line.customer, line.record)
            line.new_contact = mark(line.contact)
            return
        if line.contact is not None and said:
            self._keep_former(line, line.contact)
            if is_same(said.get("phone", ""), line.contact.phone):
                said = _without(said, "phone")
            line.contact_changes = fill(line.contact, said, mode=self.terms.mode)
            self._put_consent(line, line.contact)

    def _new_contact(self, customer: Customer, record: Record) -> Contact:
        """Nothing is allowed but what a column says."""
        is_primary = customer.pk not in self._with_primary
        self._with_primary.add(customer.pk)
        allowed = {f"allows_{kind}": record.consent.get(kind, False) for kind in ConsentKind}
        said = dict(record.contact)
        for name in ("language", "time_zone"):
            if name not in record.customer and said.get(name) == getattr(customer, name):
                del said[name]
        return Contact(customer=customer, is_primary=is_primary, **allowed, **said)

    def _keep_former(self, line: _Done, contact: Contact) -> None:
        """A second address or number is kept beside the first, whichever of them is the first now."""
        for kind in ("email", "phone"):
            said, now = line.record.contact.get(kind), getattr(contact, kind)
            same = str.lower if kind == "email" else last_digits
            if said and now and same(said) != same(now):
                other = now if self.terms.mode == OVERWRITE else said
                line.record.details.append((kind, "", other))
        company = line.record.customer
        if line.record.is_company and line.customer and not self._is_about(line, line.customer):
            line.record.details.append((ContactDetail.Kind.NOTE, _("Company"), company["name"]))

    def _put_consent(self, line: _Done, contact: Contact) -> None:
        """Who has withdrawn a consent is not made to give it again by a file; a file can withdraw one."""
        for kind, granted in line.record.consent.items():
            name = f"allows_{kind}"
            may_grant = self.terms.mode == OVERWRITE and (contact.pk, kind) not in self._withdrawn
            if getattr(contact, name) != granted and (may_grant or not granted):
                setattr(contact, name, granted)
                line.contact_changes[name] = [not granted, granted]

    def _save_contacts(self) -> None:
        new = [line.contact for line in self.lines if line.contact and line.new_contact]
        brought = set(self._insert_contacts(new))
        changed = {line.contact.pk: line.contact for line in self.lines if line.contact and line.contact_changes}
        changed = {pk: contact for pk, contact in changed.items() if pk not in brought}
        if changed:
            fields = changed_fields(line.contact_changes for line in self.lines)
            Contact.objects.bulk_update(changed.values(), fields, batch_size=_UPDATED_AT_ONCE)

    def _insert_contacts(self, new: list[Contact]) -> list[int]:
        pks = insert(Contact, _OF_CONTACT, list(map(attrgetter(*_OF_CONTACT), new)))
        for contact, pk in zip(new, pks, strict=True):
            contact.pk = pk
        return pks

    # What else is known

    def _put_rest(self, line: _Done) -> None:
        contact = line.contact
        assert contact is not None
        known = self._known_details[contact.pk]
        main = {("email", contact.email.lower()), ("phone", contact.phone.lower())}
        for kind, label, value in line.record.details:
            entry = (kind, value.lower())
            if entry not in known and entry not in main:
                known.add(entry)
                line.details.append((contact.pk, kind, label, value))
        days = self._known_events[contact.pk]
        for name, day, month, year in line.record.events:
            if (month, day, text.sort_key(name)) not in days:
                days.add((month, day, text.sort_key(name)))
                line.events.append(DatedEvent(contact=contact, name=name, day=day, month=month, year=year))
        is_said = line.record.consent if line.new_contact else line.contact_changes
        line.consent = [
            self._consent_change(contact, kind, granted)
            for kind, granted in line.record.consent.items()
            if kind in is_said or f"allows_{kind}" in is_said
        ]

    def _consent_change(self, contact: Contact, kind: str, granted: bool) -> ConsentChange:
        return ConsentChange(
            contact=contact,
            kind=kind,
            granted=granted,
            source=ConsentChange.Source.IMPORT,
            changed_by=self.terms.by,
            changed_at=self.terms.at,
        )

    def _save_rest(self) -> None:
        details = [detail for line in self.lines for detail in line.details]
        pks = iter(insert(ContactDetail, ("contact_id", "kind", "label", "value"), details))
        for line in self.lines:
            line.detail_pks = list(islice(pks, len(line.details)))
        DatedEvent.objects.bulk_create(event for line in self.lines for event in line.events)
        ConsentChange.objects.bulk_create(change for line in self.lines for change in line.consent)

    def outcomes(self) -> Iterable[dict[str, Any]]:
        """What became of each line, and what it takes to undo it."""
        for line in self.lines:
            changes = _changes(line)
            yield {
                "pk": line.row.pk,
                "verdict": _verdict(line, changes),
                "reason": _reason(line),
                "customer_pk": line.customer.pk if line.customer else None,
                "contact_pk": line.contact.pk if line.contact else None,
                "changes": changes or None,
            }


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _changes(line: _Done) -> dict[str, Any]:
    found: dict[str, Any] = {
        "new_customer": line.new_customer,
        "new_contact": line.new_contact,
        "customer": line.customer_changes,
        "custom": line.custom_changes,
        "tags": line.tagged.rows,
        "new_tags": line.tagged.new_tags,
        "contact": line.contact_changes,
        "details": line.detail_pks,
        "events": [event.pk for event in line.events],
        "consent": [change.pk for change in line.consent],
    }
    return {name: value for name, value in found.items() if value}


def _verdict(line: _Done, changes: dict[str, Any]) -> Verdict:
    if line.customer is None or (line.record.contact and line.contact is None):
        return Verdict.SKIPPED
    if line.new_customer or line.new_contact:
        return Verdict.CREATED
    return Verdict.UPDATED if changes else Verdict.UNCHANGED


def _reason(line: _Done) -> str:
    if _verdict(line, {}) == Verdict.SKIPPED:
        return _("They were deleted or merged while the import ran.")
    if line.row.same_as is not None:
        return _("The same person as in line %(line)d.") % {"line": line.row.same_as}
    return ""
