"""Fields that keep rows clean whatever wrote them."""

import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer
from interactions.models import Interaction
from retention_crm.lib.fields import LineField, NoteField, TimeZoneField, validate_time_zone
from tests import factories


@pytest.mark.django_db
def test_a_line_is_clean_even_past_the_forms() -> None:
    customer = factories.customer(name="A\x00cme\u202e \n GmbH ")

    assert Customer.objects.get(pk=customer.pk).name == "Acme GmbH"


@pytest.mark.django_db
def test_a_line_is_clean_after_a_bulk_update() -> None:
    customer = factories.customer()
    Customer.objects.filter(pk=customer.pk).update(care_note="speaks\x00 slowly\r\n")

    assert Customer.objects.get(pk=customer.pk).care_note == "speaks slowly\n"


@pytest.mark.django_db
@pytest.mark.parametrize("notes", ["x" * 1_000_000, "😀" * 1000, "‮مرحبا‬", "'; DROP TABLE x; --", "\ud800"])
def test_notes_of_any_kind_can_be_stored(notes: str) -> None:
    interaction = factories.interaction(notes=notes)

    assert Interaction.objects.get(pk=interaction.pk).notes == notes.replace("\ud800", "\ufffd")


@pytest.mark.parametrize("field", [LineField(), NoteField()])
def test_nothing_stays_nothing(field: LineField | NoteField) -> None:
    assert field.get_prep_value(None) is None
    assert field.to_python(None) is None


def test_only_known_zones_are_accepted() -> None:
    validate_time_zone("Asia/Tokyo")
    with pytest.raises(ValidationError, match="not a known time zone"):
        validate_time_zone("Mars/Olympus")
    with pytest.raises(ValidationError, match="not a known time zone"):
        validate_time_zone("Etc/GMT+5")


def test_the_zone_validator_does_not_stand_in_migrations() -> None:
    _name, _path, _args, kwargs = TimeZoneField().deconstruct()

    assert kwargs == {"max_length": 64}
