"""The command that measures the risk on days gone by: what it says, what it refuses, and that it changes nothing."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Company, User
from retention.scoring import rebuild
from retention.tests.histories import contacts
from tests import factories
from tests.factories import NOW, TODAY

KEYS = [
    "cutoff", "horizon", "customers", "lapsed_share", "auc", "average_precision", "lift_10", "lift_20", "brier",
    "auc_recency", "average_precision_recency", "lift_10_recency", "lift_20_recency",
]  # fmt: skip
YESTERDAY = TODAY - timedelta(days=1)

type Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(company: Company) -> Run:
    """A function that runs the command on Thursday, 26 November 2026, and gives stdout and stderr."""

    def command(*args: str) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        with time_machine.travel(NOW, tick=False):
            call_command("backtest", *args, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return command


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Two years of forty customers, each third of whom fell silent; gzipped."""
    path = tmp_path / "events.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("customer_id,date,amount\n")
        for number in range(40):
            for ago in range(730 - number, (0 if number % 3 else number * 12) - 1, -(5 + number * 2)):
                file.write(f"{number},{YESTERDAY - timedelta(days=ago)},1.00\n")
    return path


def figures(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)
    assert all(list(cell) == KEYS for cell in found)
    return found


def test_the_last_cut_offs_are_measured_and_the_season_before(run: Run, events: Path) -> None:
    out, err = run("--events", str(events), "--json")
    assert [(cell["cutoff"], cell["horizon"]) for cell in figures(out)] == [
        (str(YESTERDAY - timedelta(days=ago)), 90) for ago in (90, 135, 365)
    ]
    assert err == ""


def test_cut_offs_and_horizons_are_chosen(run: Run, events: Path) -> None:
    days = ["--cutoff", "2026-03-01", "--cutoff", "2025-12-24", "--horizon", "30", "--horizon", "200"]
    out, _err = run("--events", str(events), "--json", *days)
    assert [(cell["cutoff"], cell["horizon"]) for cell in figures(out)] == [
        ("2026-03-01", 30), ("2025-12-24", 30), ("2026-03-01", 200), ("2025-12-24", 200),
    ]  # fmt: skip


def test_the_words_have_the_figures_beside_days_since(run: Run, events: Path) -> None:
    chosen = ["--events", str(events), "--cutoff", "2026-03-01"]
    (cell,) = figures(run(*chosen, "--json")[0])
    out, _err = run(*chosen)
    lines = out.splitlines()
    assert lines[0] == (
        f"2026-03-01: {cell['customers']} customers were in touch in the year before, "
        f"{cell['lapsed_share']:.0%} of them not in the 90 days after."
    )
    assert f"{'AUC':20}{cell['auc']:8.3f}{cell['auc_recency']:26.3f}" in lines
    assert f"{'Brier':20}{cell['brier']:8.3f}" in lines
    assert any(line.startswith("Said") for line in lines)
    assert sum(int(line.split("%")[1].split()[0]) for line in lines if "–" in line) == cell["customers"]


def test_the_scores_are_written_for_others_to_check(run: Run, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    (cell,) = figures(run("--events", str(events), "--cutoff", "2026-03-01", "--json", "--scores", str(path))[0])
    rows = list(csv.DictReader(path.open()))
    assert list(rows[0]) == ["customer_id", "risk", "shown"]
    assert len({row["customer_id"] for row in rows}) == cell["customers"]
    by_risk = sorted(rows, key=lambda row: float(row["risk"]))
    assert by_risk == sorted(rows, key=lambda row: float(row["shown"]))
    lost = [row["customer_id"] for row in rows if not seen(events, row["customer_id"], date(2026, 3, 1), 90)]
    assert len(lost) == round(cell["lapsed_share"] * cell["customers"])
    wrong = sum((float(row["shown"]) - (row["customer_id"] in lost)) ** 2 for row in rows) / len(rows)
    assert wrong == pytest.approx(cell["brier"])


def seen(events: Path, customer: str, cutoff: date, days: int) -> bool:
    with gzip.open(events, "rt") as lines:
        return any(
            cutoff < date.fromisoformat(row["date"]) <= cutoff + timedelta(days=days)
            for row in csv.DictReader(lines)
            if row["customer_id"] == customer
        )


def test_scores_of_before_stay_until_there_are_new_ones(run: Run, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("of before\n")
    with pytest.raises(CommandError):
        run("--events", str(events), "--cutoff", "1999-01-01", "--scores", str(path))
    assert path.read_text() == "of before\n"
    run("--events", str(events), "--cutoff", "2026-03-01", "--scores", str(path))
    assert path.read_text().startswith("customer_id,risk,shown\n")


def test_the_scores_of_several_cut_offs_say_which(run: Run, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    cells = figures(run("--events", str(events), "--json", "--scores", str(path))[0])
    rows = list(csv.DictReader(path.open()))
    for cell in cells:
        of_cell = [row for row in rows if (row["cutoff"], row["horizon"]) == (cell["cutoff"], "90")]
        assert len(of_cell) == cell["customers"]


@pytest.mark.parametrize(
    ("content", "args", "words"),
    [
        (
            "customer,date\nA,2026-03-01\nA,2026-05-01\n",
            [],
            "too short: it has 61 days, from 2026-03-01 to 2026-05-01.",
        ),
        ("customer,date\nA,2026-03-01\n", ["--cutoff", "2026-02-01"], "the history begins on 2026-03-01"),
        ("customer,date\nA,2026-03-01\nA,2026-05-01\n", ["--cutoff", "2026-04-01"], "the history ends on 2026-05-01"),
        ("customer,date,type\nA,2026-03-01,gesture\n", [], "There is no contact to learn from."),
        ("", [], "is empty"),
        ("name,day\nA,2026-03-01\n", [], "The first line must name the columns"),
        ("customer,date\nA,2026-03-01\n", ["--scores", "/nowhere/scores.csv"], "cannot be written"),
        ("customer,date\nA,2026-03-01\n", ["--cutoff", "soon"], "soon is not a date like 2026-03-31."),
        ("customer,date\nA,2026-03-01\n", ["--horizon", "0"], "0 is not a number of days from 1 to 3650."),
        ("customer,date\nA,2026-03-01\n", ["--horizon", "999999"], "is not a number of days from 1 to 3650."),
    ],
)
def test_what_cannot_be_measured_is_said_plainly(
    run: Run, tmp_path: Path, content: str, args: list[str], words: str
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(content)
    with pytest.raises(CommandError) as refused:
        run("--events", str(path), *args)
    assert words in str(refused.value)


def test_a_file_that_is_not_there_or_cut_off_is_refused(run: Run, tmp_path: Path, events: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("--events", str(tmp_path / "none.csv"))
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(events.read_bytes()[:-20])
    with pytest.raises(CommandError, match="damaged or cut off"):
        run("--events", str(cut))


def test_bad_lines_are_said_with_their_numbers_and_left_out(run: Run, tmp_path: Path, events: Path) -> None:
    path = tmp_path / "bad.csv"
    lines = gzip.decompress(events.read_bytes()).decode().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "7,2026-02-30,1\n", '"8,2026-03-01,1\n', *lines[3:]]))
    out, err = run("--events", str(path), "--json")
    assert err.splitlines() == [
        "Line 4: There is no day 2026-02-30.",
        "Line 5: A quotation mark is not closed, or text follows it.",
    ]
    assert out == run("--events", str(events), "--json")[0]


def test_weekly_figures_that_end_some_days_early_are_measured(run: Run, events: Path) -> None:
    out, err = run("--events", str(events), "--cutoff", str(YESTERDAY - timedelta(days=85)), "--json")
    assert figures(out)[0]["horizon"] == 90
    assert f"the history ends on {YESTERDAY}." in err


def test_our_own_history_is_measured_up_to_yesterday(run: Run, owner: User) -> None:
    with pytest.raises(CommandError, match="no contact"):
        run()
    for number in range(25):
        contacts(factories.customer(owner), *range(number if number % 2 else 120, 400, 20))
    rebuild(at=NOW)
    cells = figures(run("--json")[0])
    assert [cell["cutoff"] for cell in cells] == [str(YESTERDAY - timedelta(days=ago)) for ago in (90, 135)]
    assert cells[0]["customers"] == 25
    assert cells[0]["lapsed_share"] == 13 / 25


_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
"""
_CONTENT = "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t"


def rows() -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a sum over all that is in them; also of tables that are there for a while."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(_CONTENT.format(table=table))
            found[table] = cursor.fetchone()
    return found


@pytest.mark.django_db(transaction=True)
def test_no_row_of_any_table_is_changed(run: Run, owner: User, events: Path, tmp_path: Path) -> None:
    for number in range(25):
        contacts(factories.customer(owner), *range(number if number % 2 else 120, 400, 20))
    rebuild(at=NOW)
    before = rows()
    assert before["interactions_interaction"][0] > 300
    for args in ([], ["--events", str(events)], ["--events", str(events), "--scores", str(tmp_path / "s.csv")]):
        run(*args, "--json")
        assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_an_interruption_leaves_nothing_behind(run: Run, events: Path) -> None:
    before = rows()

    def interrupt(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if "AS tenth" in sql:
            raise KeyboardInterrupt
        return execute(sql, *arguments)

    with connection.execute_wrapper(interrupt), pytest.raises(CommandError, match="Interrupted"):
        run("--events", str(events))
    assert rows() == before
