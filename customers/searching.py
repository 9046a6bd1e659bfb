"""Finding customers by what somebody remembers of them."""

import re

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat

from customers.models import Contact, ContactDetail, Customer, CustomerQuerySet
from retention_crm.lib import text
from retention_crm.lib.folding import Folded

# Up to here the matches are looked up first and then shown; more of them are met soon enough on the way.
FEW = 5000
# Shorter words match the beginnings of words only: the indexes know no shorter pieces.
_SHORTEST_PIECE = 3
# With a typing error in it a shorter word is like too many others.
_SHORTEST_ALIKE = 4
# How much of a word has to be alike, from 0 to 1: "lindqvst" is 0.67 of "lindqvist".
_LIKENESS = 0.5
_MOST_ALIKE = 200
# What can only be meant as (a part of) a telephone number.
_PHONE = re.compile(r"(?:[\s()+./-]*\d){3,}[\s()+./-]*")


class _AnyOf(Func):
    """Whether a value is in an array; each of thousands of values of IN would be looked at by Python by itself."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    arity = 2
    output_field = BooleanField()


def search(customers: CustomerQuerySet, words: str) -> CustomerQuerySet:
    """Those with the words in their name, or in the name, an address, a telephone number or a note of a contact.

    Case and accents do not count, nor how a telephone number is grouped. Where nothing is written so, what is written
    alike is found. Asks the database once how many there are at all: a few are best found by the indexes of the words,
    many by walking the list in its order.
    """
    words = text.clean_line(words)
    name = text.sort_key(words)
    if not name:
        return customers
    by_name = Q(sort_key__contains=name)
    # The same number begins with 0 at home and with + and the country abroad.
    digits = re.sub(r"\D", "", words).lstrip("0") if _PHONE.fullmatch(words) else ""
    folded = Folded(Value(digits or words))
    by_contact = Q(search_key__contains=folded)
    if len(name) < _SHORTEST_PIECE:
        by_name = Q(sort_key__startswith=name) | Q(sort_key__contains=f" {name}")
        by_contact = Q(search_key__startswith=folded) | Q(search_key__contains=Concat(Value(" "), folded))
    names = Customer.objects.filter(by_name).order_by().values_list("pk")[: FEW + 1]
    contacts = Contact.objects.filter(by_contact).order_by().values_list("customer_id")[: FEW + 1]
    details = ContactDetail.objects.filter(by_contact).order_by().values_list("contact__customer_id")[: FEW + 1]
    found = [pk for (pk,) in names.union(contacts, details, all=True).order_by()]
    if not found and len(name) >= _SHORTEST_ALIKE and not digits:
        found = _alike(name)
    if len(found) <= FEW:
        # Without a field of its own the array goes to the driver as it is: a field prepares each value by itself.
        return customers.filter(_AnyOf(F("pk"), Value(found)))
    # One contact at a time, asked for as the list is walked; EXISTS would be answered for all customers beforehand.
    contact = Contact.objects.filter(by_contact, customer=OuterRef("pk")).order_by().values("pk")[:1]
    detail = ContactDetail.objects.filter(by_contact, contact__customer=OuterRef("pk")).order_by().values("pk")[:1]
    matching = customers.alias(matching_contact=Subquery(contact), matching_detail=Subquery(detail))
    return matching.filter(by_name | Q(matching_contact__isnull=False) | Q(matching_detail__isnull=False))


def _alike(name: str) -> list[int]:
    """The customers whose name, or whose contact's name or address, has a part most like the words."""
    by_name = Customer.objects.filter(sort_key__trigram_word_similar=name)
    by_name_ranked = by_name.annotate(likeness=TrigramWordSimilarity(name, "sort_key"))
    by_contact = Contact.objects.filter(search_key__trigram_word_similar=name)
    by_contact_ranked = by_contact.annotate(likeness=TrigramWordSimilarity(name, "search_key"))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_LIKENESS)])
        names = by_name_ranked.order_by("-likeness").values_list("pk")[:_MOST_ALIKE]
        contacts = by_contact_ranked.order_by("-likeness").values_list("customer_id")[:_MOST_ALIKE]
        return [pk for (pk,) in names.union(contacts, all=True).order_by()]
