"""Changing one field of a customer or a contact where it stands, checked like on the whole form."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from customers import changing
from customers.forms import ContactForm, CustomerForm
from customers.label_forms import LabelsForm
from customers.labelling import label
from customers.models import Contact, Customer
from retention_crm.lib import text

OF_CUSTOMER = (
    "name",
    "owner",
    "segment",
    "stage",
    "customer_since",
    "language",
    "time_zone",
    "country",
    "cadence_days",
    "care_note",
)
OF_CONTACT = ("name", "preferred_name", "job_title", "email", "phone", "preferred_channel", "best_time", "tone")
SEEN = "seen"


@dataclass(frozen=True)
class SingleField:
    """A form of one field; `write` saves it as of a moment. `seen` is what the person saw before changing it."""

    form: BaseForm
    name: str
    write: Callable[[datetime], None]

    @property
    def bound(self) -> BoundField:
        return self.form[self.name]

    @property
    def seen(self) -> str:
        """What is stored, as the form shows it."""
        value = self.form.fields[self.name].prepare_value(self.form.get_initial_for_field(self.bound.field, self.name))
        return "" if value is None else str(value)

    def is_valid(self) -> bool:
        """False also if somebody changed it meanwhile; sent again with what `seen` is now, it replaces that."""
        valid = self.form.is_valid()
        if self.form.is_bound and self.form.data.get(SEEN, self.seen) != self.seen and self.form.has_changed():
            words = _("Somebody has changed this meanwhile to “%(value)s”. Save again to replace it.")
            self.form.add_error(self.name, words % {"value": self._in_words()})
            return False
        return valid

    def save(self, *, at: datetime) -> None:
        """Only if it is valid; what was not changed is not written."""
        if self.form.has_changed():
            self.write(at)

    def _in_words(self) -> str:
        choices = {str(key): str(words) for key, words in getattr(self.bound.field, "choices", [])}
        return text.excerpt(choices.get(self.seen, self.seen), 80) or _("nothing")


def of_customer(customer: Customer, name: str, data: QueryDict | None, *, user: User) -> SingleField | None:
    """None if there is no such field, or none that is changed like this; `own_…` are those the company added."""
    if name.startswith("own_"):
        return _own(customer, name, data)
    if name not in OF_CUSTOMER:
        return None
    form = _only(CustomerForm(data, instance=customer, user=user), name, f"customer_{customer.pk}")
    return SingleField(form, name, lambda at: changing.save_customer(customer, by=user, at=at, changed=[name]))


def of_contact(contact: Contact, name: str, data: QueryDict | None, *, user: User) -> SingleField | None:
    """None if there is no such field, or none that is changed like this."""
    if name not in OF_CONTACT:
        return None
    form = _only(ContactForm(data, instance=contact, user=user), name, f"contact_{contact.pk}")
    return SingleField(form, name, lambda at: changing.save_contact(contact, by=user, at=at))


def _own(customer: Customer, name: str, data: QueryDict | None) -> SingleField | None:
    form = LabelsForm(data, customer=customer)
    if name not in form.own:
        return None

    def write(at: datetime) -> None:
        custom = {form.own[name].key: form.own[name].stored(form.cleaned_data[name])}
        label(customer, tags=None, new_tags=[], custom=custom)

    return SingleField(_only(form, name, f"customer_{customer.pk}"), name, write)


def _only[F: BaseForm](form: F, wanted: str, place: str) -> F:
    """Without its other fields, and with ids of its own: several may be open on one page."""
    others: list[Any] = [name for name in form.fields if name != wanted]
    for name in others:
        del form.fields[name]
    form.auto_id = f"{place}_%s"
    return form
