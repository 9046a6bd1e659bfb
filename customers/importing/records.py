"""What a line means, in a form the database keeps: a customer, a person, and what else is known of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Record:
    """`customer` and `contact` are values of fields by their names; days are in ISO form, people and segments ids.

    `contact` is empty where a line is about a company alone. Details are (kind, label, value), events are (name, day,
    month, year), consent is what a column says by kind. Tags are names; `custom` is what the company's own fields hold.
    """

    customer: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    details: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[tuple[str, int, int, int | None]] = field(default_factory=list)
    consent: dict[str, bool] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    is_company: bool = False

    def stored(self) -> dict[str, Any]:
        return vars(self)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> "Record":
        return cls(**(stored or {}))


class Refused(Exception):
    """Why a line cannot be used."""
