"""The measures by hand, one text for the file and for our own history, and that nothing is changed or left behind."""

import csv
import importlib.util
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import Company, User
from interactions.event_files import EventFile, Refusal
from interactions.importing import Destination, import_events
from retention import calibrating
from retention.backtesting import BackTest, Measures, back_test, measured
from retention.calibrating import Scale
from retention.ranking import History, alone, ranked
from retention.staging import stage
from retention.tests.histories import answered, contacts
from retention.tests.rhythm_in_numpy import Events, history, rhythm_risk
from tests import factories
from tests.factories import NOW, TODAY

YESTERDAY = TODAY - timedelta(days=1)
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("iowa_b2b", "online_retail_ii", "email_eu", "oss_dev")]
REFERENCE = Path(__file__).with_name("reference_measures.csv")
NAMES = ("auc", "average_precision", "lift_10", "lift_20")


def staged(path: Path) -> History:
    refused: list[Refusal] = []
    found = stage(EventFile(path, latest=TODAY), refuse=refused.append)
    assert found is not None and refused == []
    return found


def figures(test: BackTest) -> dict[str, float]:
    assert test.by_risk is not None and test.by_silence is not None and test.brier is not None
    found = {"customers": test.customers, "lapsed_share": test.lost / test.customers, "brier": test.brier}
    found |= {name: getattr(test.by_risk, name) for name in NAMES}
    return found | {f"{name}_recency": getattr(test.by_silence, name) for name in NAMES}


def reference(name: str) -> Iterator[tuple[date, int, dict[str, float]]]:
    """What evaluate.py says of the ranking “rhythm” and of days since the last contact, as it was run once."""
    with REFERENCE.open() as lines:
        for row in csv.DictReader(lines):
            if row.pop("history") == name:
                yield date.fromisoformat(row.pop("cutoff")), int(row.pop("horizon")), {
                    measure: float(value) for measure, value in row.items()
                }  # fmt: skip


@pytest.mark.parametrize("name", ["cdnow_sample", *SLOW])
def test_the_measures_are_those_of_the_evaluation_of_real_histories(db: None, name: str) -> None:
    path = history(name)
    cells = 0
    with alone():
        of_file = staged(path)
        for cutoff, horizon, expected in reference(name):
            found = figures(back_test(of_file, cutoff, horizon))
            assert found == pytest.approx(expected, abs=5e-4), (cutoff, horizon)
            cells += 1
    assert cells >= 4


def test_the_reference_is_what_the_evaluation_says_now() -> None:
    """Where its packages are installed."""
    path = history("cdnow_sample")
    try:
        spec = importlib.util.spec_from_file_location("evaluate", path.parent.parent / "evaluate.py")
        assert spec is not None and spec.loader is not None
        evaluate: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(evaluate)
    except ImportError as missing:
        pytest.skip(f"the evaluation needs {missing.name}")
    rankings = {name: evaluate.RANKINGS[name] for name in ("rhythm", "recency")}
    result = evaluate.evaluate(evaluate.load(str(path.parent), "cdnow_sample"), "cdnow_sample", rankings)
    result = result[result.group == "all"].set_index(["cutoff", "H", "ranking"])
    for cutoff, horizon, expected in reference("cdnow_sample"):
        by_risk, by_silence = (result.loc[(cutoff, horizon, ranking)] for ranking in ("rhythm", "recency"))
        assert expected["auc"] == pytest.approx(by_risk.auc, abs=1e-6)
        assert expected["brier"] == pytest.approx(by_risk.brier, abs=1e-6)
        assert expected["lift_20_recency"] == pytest.approx(by_silence.lift20, abs=1e-6)


def test_the_risk_is_the_formula_for_any_horizon(db: None) -> None:
    path = history("cdnow_sample")
    events = Events.read(path).until(date(1997, 12, 31))
    for horizon in (30, 180):
        scores = StringIO()
        with alone():
            test = back_test(staged(path), date(1997, 12, 31), horizon, scores=scores)
        expected = {
            name: risk for name, (silence, risk) in rhythm_risk(events, test.cutoff, horizon).items() if silence < 365
        }
        found = {name: float(risk) for name, risk, _shown in csv.reader(StringIO(scores.getvalue()))}
        assert found == pytest.approx(expected, abs=1e-9)


def write(path: Path, rows: list[tuple[str, date]]) -> Path:
    path.write_text("customer,date\n" + "".join(f"{name},{day}\n" for name, day in rows))
    return path


def regular(name: str, every: int, since: int, until: int) -> list[tuple[str, date]]:
    return [(name, YESTERDAY - timedelta(days=ago)) for ago in range(since, until - 1, -every)]


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """Forty customers with rhythms of their own over two years, of whom every third fell silent at some time."""
    rows = []
    for number in range(40):
        rows += regular(f"C{number}", 5 + number * 2, 730 - number, 0 if number % 3 else number * 12)
    return write(tmp_path / "lived.csv", rows)


def bring(path: Path, owner: User) -> None:
    refused: list[Refusal] = []
    to = Destination("x", owner, factories.segment())
    import_events(EventFile(path, latest=TODAY).read(), to, at=NOW, refuse=refused.append)
    assert refused == []


@pytest.mark.usefixtures("company")
def test_our_own_history_and_the_same_in_a_file_say_the_same(lived: Path, owner: User) -> None:
    bring(lived, owner)
    with alone():
        own, of_file = History.own(at=NOW), staged(lived)
        assert own is not None
        assert (own.first, own.last, own.customers) == (of_file.first, of_file.last, of_file.customers) == (
            YESTERDAY - timedelta(days=730), YESTERDAY, 40,
        )  # fmt: skip
        for days, horizon in [(90, 90), (135, 90), (365, 90), (180, 180)]:
            cutoff = YESTERDAY - timedelta(days=days)
            ours, theirs = back_test(own, cutoff, horizon), back_test(of_file, cutoff, horizon)
            assert figures(ours) == pytest.approx(figures(theirs), abs=1e-12)
            assert ours.scale == theirs.scale


@pytest.mark.usefixtures("company")
def test_signals_known_then_count_and_later_ones_do_not(lived: Path, owner: User) -> None:
    bring(lived, owner)
    with alone():
        own = History.own(at=NOW)
        assert own is not None
        cutoff = YESTERDAY - timedelta(days=90)
        customer = factories.customer(owner)
        contacts(customer, 120, 150)
        before = score_of(own, cutoff, customer.pk)
        answered(customer, 3, days_ago=30)
        assert score_of(own, cutoff, customer.pk) == before
        answered(customer, 3, days_ago=100)
        assert score_of(own, cutoff, customer.pk) == pytest.approx(before + 0.5)


def score_of(own: History, cutoff: date, customer_id: int) -> float:
    with ranked(own, cutoff, 90, 30.0), connection.cursor() as cursor:
        cursor.execute("SELECT log_odds FROM backtest_rank WHERE customer_id = %s", [customer_id])
        return float(cursor.fetchone()[0])


def test_nobody_in_touch_is_no_history(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "gestures.csv"
    path.write_text("customer,date,type\nIto,2026-03-01,gesture\n")
    with alone():
        assert History.own(at=NOW) is None
        assert stage(EventFile(path, latest=TODAY), refuse=print) is None


@pytest.mark.parametrize("are_seen", [True, False])
def test_all_alike_cannot_be_measured(db: None, tmp_path: Path, are_seen: bool) -> None:
    rows = [row for number in range(30) for row in regular(f"C{number}", 7, 400, 0 if are_seen else 200)]
    rows += [("last", YESTERDAY)]
    with alone():
        test = back_test(staged(write(tmp_path / "x.csv", rows)), YESTERDAY - timedelta(days=90), 60)
    assert (test.by_risk, test.by_silence, test.brier) == (None, None, None)
    assert (test.customers, test.lost) == (30, 0 if are_seen else 30)


def test_ties_count_at_their_expectation(db: None) -> None:
    """One above all, lost; eight in a tie, two of them lost; one below, not lost: the first two are one and a tie."""
    from_rows = [(3.0, True), *[(1.0, True)] * 2, *[(1.0, False)] * 6, (0.0, False)]
    measures = measures_of(from_rows * 2)
    # Of 3 × 7 pairs: 7 + 2 × (1 + 6/2); precision 1 and 3/9 and nothing more found below.
    assert measures.auc == pytest.approx((7 + 2 * (1 + 3)) / 21)
    assert measures.average_precision == pytest.approx((1 * 1 + 2 * 3 / 9) / 3)
    assert measures.lift_10 == pytest.approx(1 / 0.3)
    assert measures.lift_20 == pytest.approx((2 + 2 * 0.25) / 4 / 0.3)


def measures_of(rows: list[tuple[float, bool]]) -> Measures:
    with alone(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE backtest_rank (log_odds float8, is_lost boolean) ON COMMIT DROP")
        cursor.executemany("INSERT INTO backtest_rank VALUES (%s, %s)", rows)
        return measured(cursor, "log_odds")


def test_the_table_says_what_was_said_and_what_became_of_it(db: None, lived: Path) -> None:
    with alone():
        test = back_test(staged(lived), YESTERDAY - timedelta(days=90), 90)
    assert sum(row.customers for row in test.table) == test.customers
    assert sum(row.customers * row.lost for row in test.table) == pytest.approx(test.lost)
    for row in test.table:
        assert row.tenth / 10 <= row.said <= (row.tenth + 1) / 10


def test_of_many_customers_some_are_enough_for_the_scale(
    db: None, monkeypatch: pytest.MonkeyPatch, lived: Path
) -> None:
    cutoff = YESTERDAY - timedelta(days=90)
    with alone():
        of_file = staged(lived)
        whole = back_test(of_file, cutoff, 90)
        monkeypatch.setattr(calibrating, "ENOUGH_CUSTOMERS", 20)
        part = back_test(of_file, cutoff, 90)
        assert of_file.customers == 40
    assert part.by_risk == whole.by_risk
    assert part.scale not in (whole.scale, Scale())


@pytest.mark.usefixtures("company")
def test_some_of_our_own_customers_are_enough_as_well(
    monkeypatch: pytest.MonkeyPatch, lived: Path, owner: User
) -> None:
    bring(lived, owner)
    monkeypatch.setattr(calibrating, "ENOUGH_CUSTOMERS", 20)
    with alone():
        own = History.own(at=NOW)
        assert own is not None
        test = back_test(own, YESTERDAY - timedelta(days=90), 90)
    assert test.scale != Scale()


def test_a_day_that_never_was_costs_its_line_and_not_its_block(db: None, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "customer,date\n1,2026-03-01\n2,2026-02-30\n3,2027-01-01\n4,1901-01-01\n5,1900-01-01\n6,2026-03-02\n"
    )
    refused: list[Refusal] = []
    with alone():
        found = stage(EventFile(path, latest=TODAY), refuse=refused.append)
    assert {refusal.line: refusal.reason for refusal in refused} == {
        3: "There is no day 2026-02-30.",
        4: "The date 2027-01-01 is not between 1900 and 2026-11-26.",
    }
    assert found is not None
    assert (found.first, found.last, found.customers) == (date(1900, 1, 1), date(2026, 3, 2), 4)


def test_lines_in_other_forms_are_the_same_history(db: None, lived: Path, tmp_path: Path) -> None:
    rows = [line.split(",") for line in lived.read_text().splitlines()[1:]]
    other = tmp_path / "other.csv"
    other.write_text("date;type;customer\n" + "".join(f"{day}T10:00;e-mail; {name} \n\n" for name, day in rows))
    cutoff = YESTERDAY - timedelta(days=90)
    with alone():
        plain = back_test(staged(lived), cutoff, 90)
    with alone():
        assert back_test(staged(other), cutoff, 90) == plain


@pytest.mark.parametrize(("counts", "lost"), [("both", False), ("purchases", True), ("touchpoints", False)])
def test_who_was_lost_goes_by_what_counts_in_the_segment(
    company: Company, owner: User, counts: str, lost: bool
) -> None:
    """A shop whose customer calls but buys no more has lost them, where calls do not count."""
    customer = factories.customer(owner, segment=factories.segment(counts_as_contact=counts))
    for ago in (300, 250, 200, 150):
        factories.purchase(customer, happened_at=NOW - timedelta(days=ago))
        factories.interaction(customer, happened_at=NOW - timedelta(days=ago))
    factories.interaction(customer, happened_at=NOW - timedelta(days=60))
    own = History.own(at=NOW)
    assert own is not None
    with alone(), ranked(own, TODAY - timedelta(days=120), 90, 50.0), connection.cursor() as cursor:
        cursor.execute("SELECT is_lost FROM backtest_rank")
        assert cursor.fetchall() == [(lost,)]


def test_a_history_begins_with_what_counts(company: Company, owner: User) -> None:
    customer = factories.customer(owner, segment=factories.segment(counts_as_contact="purchases"))
    factories.interaction(customer, happened_at=NOW - timedelta(days=90))
    assert History.own(at=NOW) is None
    factories.purchase(customer, happened_at=NOW - timedelta(days=30))
    own = History.own(at=NOW)
    assert own is not None and own.first == TODAY - timedelta(days=30)
