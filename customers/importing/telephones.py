"""Telephone numbers as they are written everywhere, brought to one form."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

# By so many last digits numbers are compared: those before them are written or not.
COMPARED = 8


@lru_cache(maxsize=10_000)
def in_one_form(written: str, country: str) -> str:
    """The number with its country and in groups; as it was written if it is none that can be dialled from there."""
    try:
        number = phonenumbers.parse(written, country or None)
    except NumberParseException:
        return written
    if not phonenumbers.is_possible_number(number):
        return written
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def is_same(one: str, other: str) -> bool:
    """Whether two ways to write a number differ in nothing but what stands between the digits."""
    return re.sub(r"[^0-9+]", "", one) == re.sub(r"[^0-9+]", "", other)


def last_digits(number: str) -> str:
    """What two ways to write a number have in common; empty for what is too short to tell anybody apart."""
    digits = re.sub(r"\D", "", number.partition(" ext")[0])[-COMPARED:]
    return digits if len(digits) >= 6 else ""
