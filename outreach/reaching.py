"""Whether an address can take mail at all, for who is about to promise or choose a mail to it."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Company
from customers.models import Contact
from interactions.models import NoticeFor
from outreach.assembling import deliverable
from outreach.gate import Facts, persons
from outreach.models import Message, Suppression
from outreach.taking_back import NOT_GONE


def why_no_mail(contact: Contact, *, company: Company, at: datetime) -> str:
    """Why the address of the contact can take none, and what to do; empty if it can."""
    facts = Facts(at, company, suppressed=Suppression.objects.among([contact.email]))
    message = Message(contact=contact, customer=contact.customer)
    ruling = persons.no_address(message, facts) or persons.suppressed(message, facts)
    return ruling.sentence if ruling else ""


def why_not_once_more(row: NoticeFor) -> str:
    """Why no mail goes to a customer who is to be told: there was one; empty if there was none."""
    gone = Message.objects.filter(notice_for=row).exclude(state__in=NOT_GONE)
    if not gone.exists():
        return ""
    return _("A mail about this went out before, and none goes twice. Call them, or write a letter.")


def without_mail(addresses: Collection[str]) -> set[str]:
    """Those of the addresses that can take none, in one query."""
    given = {address for address in addresses if address}
    return {address for address in given if not deliverable(address)} | Suppression.objects.among(list(given))
