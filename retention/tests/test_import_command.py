"""The command that takes a history over, and what it says."""

import csv
import gzip
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import Company, User
from customers.models import Customer, Segment
from retention.models import CustomerRisk
from tests.factories import NOW

type Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file of events and gives its path."""

    def to_file(content: str | bytes, name: str = "events.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return to_file


HISTORY = """customer,date,amount,type
Bäck,2026-03-01,10.00,purchase
Bäck,2026-05-01,,call
Bäck,2026-06-01,5.00,gesture
Ito,2026-04-01,20.00,
"""


@pytest.fixture
def run(company: Company, administrator: User, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    """A function that runs the command on Thursday, 26 November 2026, and gives stdout and stderr."""

    def command(path: Path, *args: str) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        with time_machine.travel(NOW, tick=False):
            call_command("import_events", str(path), *args, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue() + capsys.readouterr().err

    return command


type Run = Callable[..., tuple[str, str]]


def test_the_command_imports_and_computes_the_risk(write: Write, run: Run, administrator: User) -> None:
    out, _err = run(write(HISTORY, name="shop.2026.csv"))
    assert "2 customers and 4 events created, 0 events already there, 0 lines refused." in out
    back = Customer.objects.get(external_key="import:shop:Bäck")
    assert (back.owner, back.segment.name, back.risk_stale_since) == (administrator, "Imported", None)
    assert CustomerRisk.objects.get(pk=back.pk).contact_days == 2


def test_the_command_twice_says_so(write: Write, run: Run) -> None:
    path = write(HISTORY)
    run(path)
    out, _err = run(path)
    assert "0 customers and 0 events created, 4 events already there, 0 lines refused." in out


def test_tomorrow_is_still_taken_and_the_day_after_is_not(write: Write, run: Run) -> None:
    out, err = run(write("customer,date\nIto,2026-11-27\nIto,2026-11-28\n"))
    assert "1 events created" in out
    assert "Line 3: The date 2026-11-28 is not between" in err


def test_refused_lines_are_reported_and_kept_in_a_file(write: Write, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "refused.csv"
    path = write('customer,date\nIto,2026-04-01\n=cmd(),yesterday\n"Ä, B",soon\n')
    out, err = run(path, "--refused", str(kept))
    assert "1 events created, 0 events already there, 2 lines refused." in out
    assert "Line 3: “yesterday” is not a date like 2026-03-31." in err
    assert list(csv.reader(StringIO(kept.read_text()))) == [
        ["line", "reason", "text"],
        ["3", "“yesterday” is not a date like 2026-03-31.", "'=cmd(),yesterday"],
        ["4", "“soon” is not a date like 2026-03-31.", '"Ä, B",soon'],
    ]


def test_options_say_where_it_goes(write: Write, run: Run, owner: User) -> None:
    Segment.objects.create(name="Retail")
    run(write(HISTORY), "--source", "old: CRM", "--owner", "MIA@example.com", "--segment", "Retail")
    ito = Customer.objects.get(name="Ito")
    assert (ito.external_key, ito.owner, ito.segment.name) == ("import:old-CRM:Ito", owner, "Retail")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--owner", "nobody@example.com"), "Nobody active has the address nobody@example.com."),
        (("--segment", "Gone"), "There is no segment “Gone”. There are: none."),
        (("--source", "x" * 61), "The source is longer than 60 characters"),
        (("--refused", "/nowhere/at/all.csv"), "cannot be written"),
    ],
)
def test_a_wrong_option_is_a_sentence_and_nothing_happens(
    write: Write, run: Run, args: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words.replace(".", r"\.")) as error:
        run(write(HISTORY), *args)
    assert error.value.returncode == 1
    assert not Customer.objects.exists()
    assert not Segment.objects.exists()


def test_somebody_must_look_after_new_customers(write: Write, company: Company) -> None:
    with pytest.raises(CommandError, match="name one with --owner"):
        call_command("import_events", str(write(HISTORY)))


def test_a_manager_does_where_there_is_no_administrator(write: Write, company: Company, manager: User) -> None:
    call_command("import_events", str(write(HISTORY)), stdout=StringIO())
    assert Customer.objects.get(name="Ito").owner == manager


def test_a_damaged_file_imports_nothing_and_says_so(write: Write, run: Run) -> None:
    cut = gzip.compress(HISTORY.encode())[:-10]
    with pytest.raises(CommandError, match=r"damaged or cut off: .* Nothing was imported") as error:
        run(write(cut, name="shop.csv.gz"))
    assert error.value.returncode == 1
    assert not Customer.objects.exists()
    assert not Segment.objects.exists()


def test_a_file_of_nothing_but_bad_lines_is_a_failure(write: Write, run: Run) -> None:
    with pytest.raises(CommandError, match="Nothing was imported: 0 customers and 0 events created"):
        run(write("customer,date\nIto,never\n"))
