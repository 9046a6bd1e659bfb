"""What the worker does of an import: in slices, again after it died, anew when somebody says so."""

import time
from typing import Any

import pytest

from accounts.models import User
from customers.importing import carrying_on, running, staging
from customers.importing.running import begin
from customers.importing.staging import take_in
from customers.models import (
    Contact,
    Customer,
    Import,
    ImportState,
)
from customers.tests.importing import PEOPLE, check_again, checked, imported, refreshed, undone, uploaded, work
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_a_worker_that_dies_between_or_comes_twice_changes_nothing(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"Firm {n // 2},Person {n},p{n}@x.example\n" for n in range(25))
    monkeypatch.setattr("customers.importing.running._ROWS_AT_ONCE", 4)
    intake = checked(manager, f"Company,Name,Email\n{lines}")
    assert begin(intake)
    assert not begin(intake)

    fails = iter([False, False, True, False, True])
    real = running._write_batch

    def dies(intake: Import, terms: Any) -> bool:
        done = real(intake, terms)
        if next(fails, False):
            raise SystemExit
        return done

    monkeypatch.setattr("customers.importing.running._write_batch", dies)
    for _death in range(2):
        with pytest.raises(SystemExit):
            work()
    work()
    work()

    assert refreshed(intake).counts == {"created": 25, "customers": 13, "contacts": 25}
    assert Customer.objects.count() == 13
    assert Contact.objects.filter(is_primary=True).count() == 13
    monkeypatch.setattr("customers.importing.undoing._ROWS_AT_ONCE", 3)
    undone(intake)
    assert not Customer.objects.exists()


def test_each_slice_gets_further_however_long_it_takes_to_see_whom_the_file_is_about(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.importing.running._ROWS_AT_ONCE", 1)
    intake = checked(manager, "Name\nAnna\nBo\n")
    assert begin(intake)

    for names in (["Anna"], ["Anna", "Bo"], ["Anna", "Bo"]):
        running.run(refreshed(intake), until=time.monotonic() - 1)
        assert sorted(Contact.objects.values_list("name", flat=True)) == names

    assert refreshed(intake).state == ImportState.DONE


def test_columns_of_the_last_time_and_of_a_mended_file_go_where_they_went(manager: User) -> None:
    imported(manager, "Name,Nummer,Why\nAnna,7,x\n", mapping={"Nummer": "contact_key", "Why": "note"})

    again = uploaded(manager, "Name,Nummer,Why,Why it was refused\nBo,8,y,because\n")

    assert [goes["target"] for goes in again.mapping] == ["name", "contact_key", "note", ""]


def test_checking_again_begins_anew(manager: User) -> None:
    intake = checked(manager, "Name,Job title\nAnna,Boss\n")
    check_again(intake, mapping={"Job title": "company"})

    assert intake.counts == {"create": 1, "customers": 1, "contacts": 1}
    record = intake.rows.get().record
    assert record and record["customer"]["name"] == "Boss"


def test_an_error_of_the_program_stops_one_import_and_no_other(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = take_in("bad.csv", [b"Name\nAnna\n"], by=manager, at=NOW)
    real = staging.read

    def fails(intake: Import) -> None:
        if intake.pk == bad.pk:
            raise ValueError("never")
        real(intake)

    monkeypatch.setattr(carrying_on, "read", fails)
    good = uploaded(manager, PEOPLE)

    assert good.state == ImportState.MAPPING
    assert refreshed(bad).state == ImportState.FAILED
    assert "log of the worker" in bad.problem
