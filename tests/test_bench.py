"""The bench: its tables, its counting, its mail servers. No test asserts a time."""

import smtplib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from accounts.models import Company, User
from bench import __main__ as bench
from bench import tables
from bench.answering import measure as measure_answers
from bench.counting import QueryCount
from customers.models import Customer
from interactions.models import Interaction
from retention_crm.lib import clock
from surveys.models import Unnamed
from tests import factories


def page(name: str = "Today", **fields: Any) -> dict[str, Any]:
    figures = {"median": 20.0, "p95": 31.4, "bare": 8.0, "queries": 9, "most_queries": 9, "size": 57_123}
    return {"name": name, "kind": "list", "statuses": [200]} | figures | fields


def run(customers: int, *pages: dict[str, Any], **planning: Any) -> dict[str, Any]:
    sent = {
        "server": "aiosmtpd",
        "processes": 1,
        "mails": 5000,
        "size": 4700,
        "per_second": 400.0,
        "bare_per_second": 700.0,
    }
    planned = {"planned": {"birthday": 800, "survey": 20}, "invitations": 12, "idle_milliseconds": 50.0}
    times = {"milliseconds": 100.0, "first_milliseconds": 180.0, "bare_milliseconds": 60.0}
    return {
        "customers": customers,
        "interactions": customers * 10,
        "ledger": customers * 2,
        "seeding": 12.3,
        "pages": list(pages) or [page()],
        "planning": planned | times | planning,
        "answering": answering(),
        "delivery": {"one": sent, "quick": sent | {"server": "quick", "bare_per_second": 3000.0}},
        "importing": importing(customers),
    }


def answering(**fields: Any) -> dict[str, Any]:
    counts = {"invitations": 10_000, "responses": 10_000, "posts": 20_000, "connections": 100}
    rates = {"p95": 900.0, "per_second": 150.0, "bare_per_second": 400.0}
    return {"statuses": {"302": 19_900}, "bare_statuses": {"302": 19_900}, **counts, **rates, **fields}


def importing(rows: int, *, seconds: float = 90.0, **fields: Any) -> dict[str, Any]:
    """`seconds` are those of a hundred thousand lines."""
    whole = seconds * rows / 100_000
    steps = {"upload": 0.0, "read": 0.1 * whole, "check": 0.4 * whole, "write": 0.5 * whole, "bare": 0.1 * whole}
    more = {"check again": 0.4 * whole, "write again": 0.2 * whole, "undo": whole}
    counts = {"created": rows, "unchanged": rows, "kept": 0, "written": 4 * rows}
    memory = {"megabytes_before": 100, "megabytes": 130}
    return {"rows": rows, "seconds": steps | more, **counts, **memory, **fields}


def lines_about(report: str, word: str) -> list[str]:
    return [line for line in report.splitlines() if line.startswith(word)]


def test_a_table_lines_up() -> None:
    shown = tables.table(["page", "ms"], [["Today", "7.1"], ["A long name", "12.0"]])
    assert shown.splitlines() == [
        "page           ms",
        "-----------  ----",
        "Today         7.1",
        "A long name  12.0",
    ]


def test_a_report_has_each_page_with_both_sizes_beside_each_other() -> None:
    small, large = run(10_000, page(median=16.0)), run(100_000, page(median=20.0))
    (line,) = lines_about(tables.report([small, large]), "Today")
    assert line.split() == ["Today", "9", "57", "16.0", "ms", "31.4", "8.0", "2.0", "20.0", "ms", "31.4", "8.0", "2.5"]


def test_one_size_alone_is_a_report_too() -> None:
    report = tables.report([run(10_000)])
    assert "10,000" in report
    assert len(lines_about(report, "Today")) == 1


@pytest.mark.parametrize(("median", "verdict"), [(24.0, ""), (24.5, "over")])
def test_a_page_over_three_times_the_bare_one_is_marked(median: float, verdict: str) -> None:
    (line,) = lines_about(tables.report([run(10_000, page(median=median))]), "Today")
    assert line.endswith("over") == (verdict == "over")


def test_a_number_of_queries_that_grows_is_seen() -> None:
    small, large = run(10_000, page(queries=9, most_queries=9)), run(100_000, page(queries=9, most_queries=12))
    (line,) = lines_about(tables.report([small, large]), "Today")
    assert line.split()[1] == "9-12"


def test_planning_and_delivery_are_held_against_their_aims() -> None:
    report = tables.report([run(10_000, milliseconds=130.0)])
    assert "birthday 800, survey 20" in report
    planning = next(line for line in report.splitlines() if line.startswith("10,000") and "820" in line)
    assert planning.endswith("over")
    complete, quick = (line for line in report.splitlines() if "5,000" in line)
    assert "0.57" in complete and not complete.endswith("under")
    assert "0.13" in quick and quick.endswith("under")


@pytest.mark.parametrize(
    ("fields", "verdict", "is_sound"),
    [
        ({}, "0.38", True),
        ({"p95": 1600.0}, "over", True),
        ({"responses": 9_999}, "ANSWERED {'302': 19900}", False),
        ({"statuses": {"302": 19_899, "500": 1}}, "ANSWERED {'302': 19899, '500': 1}", False),
        ({"statuses": {"302": 19_899, "0": 1}}, "ANSWERED {'302': 19899, '0': 1}", False),
    ],
)
def test_answers_are_held_against_their_aim(fields: dict[str, Any], verdict: str, is_sound: bool) -> None:
    figures = run(10_000) | {"answering": answering(**fields)}
    line = next(line for line in tables.report([figures]).splitlines() if "of 10,000" in line)
    assert line.endswith(verdict)
    assert tables.is_sound([figures]) is is_sound


def test_an_import_is_held_against_its_aims() -> None:
    def verdict(**fields: Any) -> tuple[str, bool]:
        large = run(100_000) | {"importing": importing(100_000, **fields)}
        runs = [run(10_000), large]
        line = next(line for line in tables.report(runs).splitlines() if line.startswith("100,000") and "MB" in line)
        return line.partition(" MB")[2].strip(), tables.is_sound(runs)

    assert verdict() == ("", True)
    assert verdict(seconds=121.0) == ("over", True)
    assert verdict(megabytes=161) == ("over", True)
    assert verdict(created=99_999) == ("LINES MISSING", False)
    assert verdict(unchanged=0) == ("LINES MISSING", False)
    assert verdict(kept=1) == ("LINES MISSING", False)


def test_an_error_page_is_named_and_makes_the_figures_worthless() -> None:
    runs = [run(10_000, page(statuses=[200, 500]))]
    assert "ANSWERED [500]" in tables.report(runs)
    assert not tables.is_sound(runs)
    assert tables.is_sound([run(10_000, page(statuses=[200, 302]))])


def test_the_day_of_the_bench_is_a_working_day() -> None:
    found = [bench.last_workday(date(2026, 11, day)).day for day in (20, 21, 22, 23)]
    assert found == [20, 20, 20, 23]


def test_the_environment_takes_nothing_of_the_callers_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@example.com/real")
    monkeypatch.setenv("RETENTION_MODE", "production")
    made = bench.environment({"DATABASE_URL": "own"}, {"EMAIL_URL": "smtp://127.0.0.1:1"})
    assert (made["DATABASE_URL"], made["RETENTION_MODE"]) == ("own", "demo")


@pytest.mark.django_db
def test_every_query_is_counted() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            for _ in range(3):
                cursor.execute("SELECT 1")
        return HttpResponse()

    assert QueryCount(view)(HttpRequest()).headers["X-Queries"] == "3"


@pytest.mark.processes
@pytest.mark.parametrize("server", ["QUICK_SINK", "AIOSMTPD_SINK"])
def test_the_mail_servers_take_mails_and_count_them(server: str) -> None:
    with bench.sinks() as ports, smtplib.SMTP("127.0.0.1", int(ports[server]), timeout=20) as smtp:
        for number in range(3):
            smtp.sendmail("crm@example.com", [f"to{number}@example.com"], b"Subject: Hello\r\n\r\nText\r\n.dot\r\n")
        _code, counted = smtp.docmd("XCOUNT")
        mails, octets = counted.split()
        assert int(mails) == 3
        assert 60 < int(octets) < 200
        assert smtp.docmd("XCOUNT")[1].split() == [b"0", b"0"]


@pytest.fixture
def bare_pages(settings: Any) -> None:
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "bench"]


@pytest.mark.usefixtures("bare_pages")
@override_settings(ROOT_URLCONF="bench.urls")
def test_the_bare_pages_answer(customer: Customer, owner: User, login: Callable[[User], Client]) -> None:
    browser = login(owner)
    factories.interaction(customer, notes="Spoke about pallets.")
    survey = factories.survey(question="Would you?")
    assert customer.name in browser.get("/bare/list/").content.decode()
    assert "Spoke about pallets." in browser.get(f"/bare/record/{customer.pk}/").content.decode()
    assert browser.get(f"/bare/form/{customer.pk}/").status_code == 200
    assert "Would you?" in Client().get(f"/bare/public/{survey.pk}/").content.decode()


@pytest.mark.usefixtures("bare_pages")
@override_settings(ROOT_URLCONF="bench.urls")
def test_the_bare_form_saves_one_row(customer: Customer, owner: User, login: Callable[[User], Client]) -> None:
    form = {"kind": "call", "outcome": "held", "happened_at": "2026-11-20 09:00", "notes": "Short."}
    assert login(owner).post(f"/bare/form/{customer.pk}/", form).status_code == 302
    assert Interaction.objects.get().notes == "Short."


@pytest.mark.usefixtures("bare_pages")
@override_settings(ROOT_URLCONF="bench.urls")
def test_the_bare_insert_is_one_row(company: Company) -> None:
    factories.survey()
    assert Client().post("/bare/insert/").status_code == 302
    assert Unnamed.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@override_settings(ROOT_URLCONF="bench.urls")
@pytest.mark.usefixtures("bare_pages", "company")
def test_each_of_the_answers_sent_twice_at_once_is_kept_once(live_server: Any) -> None:
    factories.survey()
    for _number in range(12):
        factories.contact()
    figures = measure_answers(live_server.thread.port, clock.now(), 12)

    assert (figures["invitations"], figures["responses"], figures["posts"]) == (12, 12, 24)
    assert set(figures["bare_statuses"]) | set(figures["statuses"]) <= {302}
