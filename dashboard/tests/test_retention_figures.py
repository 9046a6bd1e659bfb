"""The page of retention figures: findings in its titles, lists behind figures, filters, files."""

import csv
import html
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers.models import Customer, Segment, Tag
from dashboard.charts import HEIGHT, WIDTH, survival_curve
from dashboard.retention_figures import TITLES
from dashboard.views import retention_figures as view
from retention.models import CustomerRisk, Ending, RiskScale
from retention.surviving import Survival, kaplan_meier
from tests import factories
from tests.factories import NOW, TODAY

type Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def the_day(company: Company) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(login: Login, manager: User) -> Client:
    return login(manager)


@pytest.fixture
def segment(db: None) -> Segment:
    return factories.segment()


def came(owner: User, segment: Segment, name: str, ago: int, left: int | None = None) -> Customer:
    lost_on = None if left is None else TODAY - timedelta(days=left)
    made = factories.customer(
        owner, name=name, segment=segment, customer_since=TODAY - timedelta(days=ago), lost_on=lost_on
    )
    if lost_on:
        factories.loss(made, lost_on=lost_on)
    return made


@pytest.fixture
def people(owner: User, segment: Segment) -> None:
    for number in range(11):
        came(owner, segment, f"Stays {number:02}", 1200)
    came(owner, segment, "Leaves", 1200, left=200)
    came(owner, segment, "New", 30)
    back = came(owner, segment, "Back", 1200)
    factories.loss(back, lost_on=TODAY - timedelta(days=500), ending=Ending.WON_BACK, ended_on=TODAY)


def text(browser: Client, **query: str) -> str:
    response = browser.get(reverse("retention_figures"), query)
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def names(browser: Client, **query: str) -> list[str]:
    return [row.name for row in browser.get(reverse("retention_figures"), query).context["rows"]]


def test_titles_state_the_findings(browser: Client, people: None) -> None:
    page = text(browser)
    for words in (
        "Of 12 customers 11 stayed: 91 %",
        "From the end of 26 November 2025 to 26 November 2026",
        "What to expect is not known yet",
        # 13 came at first, one left after 700 days and one after 1,000.
        "After 3 years 85 % are still customers",
    ):
        assert words in page


def test_each_figure_opens_its_customers(browser: Client, people: None) -> None:
    expected = {
        "lost": ["Leaves"],
        "start": ["Leaves", *(f"Stays {number:02}" for number in range(11))],
        "kept": [f"Stays {number:02}" for number in range(11)],
        "new": ["New"],
        "back": ["Back"],
        "won_back": ["Back"],
    }
    assert expected.keys() == TITLES.keys()
    for kind, customers in expected.items():
        assert names(browser, show=kind) == customers
    page = text(browser)
    for kind in ("kept", "lost", "new", "won_back", "start"):
        assert f"?show={kind}#list" in page
    assert "first=2025-11-27&last=2026-11-26" in page


def test_another_year_can_be_chosen(browser: Client, people: None) -> None:
    page = text(browser, year="2025")
    assert "From the end of 31 December 2024 to 31 December 2025" in page
    assert "Of 13 customers 12 stayed: 92 %" in page


@pytest.mark.parametrize("part", ["owner", "team", "segment", "tag"])
def test_all_is_narrowed_to_a_part(
    browser: Client, owner: User, outsider: User, people: None, segment: Segment, part: str
) -> None:
    other = came(outsider, factories.segment(), "Other", 1200)
    (tag,) = Tag.objects.named(["key"])
    other.tags.add(tag)
    chosen = {"owner": outsider.pk, "team": outsider.team_id, "segment": other.segment_id, "tag": tag.pk}[part]
    response = browser.get(reverse("retention_figures"), {part: str(chosen), "show": "start"})
    assert [row.name for row in response.context["rows"]] == ["Other"]
    assert response.context["stay"].start == 1
    assert response.context["survival"].customers == 1
    assert [cohort.size for _name, cohort in response.context["cohorts"]] == [1]
    assert f"?{part}={chosen}&show=kept#list" in html.unescape(response.content.decode())


def test_what_to_expect_is_said_with_its_bounds(browser: Client, owner: User) -> None:
    RiskScale.objects.create(learnt_on=TODAY, horizon_days=90, intercept=0, slope=1, customers=1000, lost=300)
    for _number in range(100):
        CustomerRisk.objects.create(customer=factories.customer(owner), risk=0.2, last_day=TODAY)
    page = text(browser)
    assert "12 to 28 customers will go silent in the next 90 days, most likely" in page
    assert "20 are expected, of 100 who were in touch in the last year" in page


def test_the_tables_are_files(browser: Client, people: None) -> None:
    def rows(table: str, **query: str) -> list[list[str]]:
        response = browser.get(reverse("retention_export", args=[table]), query)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == f'attachment; filename="retention-{table}-2026-11-26.csv"'
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    assert rows("cohorts") == [
        ["Came", "Customers", "Years 1", "Years 2"],
        ["2026", "1", "", ""],
        ["2023", "13", "13", "12"],
    ]
    assert rows("cohorts", by="quarter")[1][:2] == ["2026, quarter 4", "1"]
    survival = rows("survival")
    assert [row[:3] for row in survival[1:]] == [["700", "13", "1"], ["1000", "12", "1"]]
    year = dict(row for row in rows("year")[1:])
    assert (year["Customers at the start"], year["Stayed"], year["Left"], year["Came"]) == ("12", "11", "1", "1")
    assert browser.get(reverse("retention_export", args=["nothing"])).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"owner": "abc"}, {"team": "9" * 400}, {"tag": "\x00"}, {"year": "1"}, {"year": "2025-"}, {"by": "<b>"},
        {"show": "\x00"}, {"after": "WyJ4Il0="}, {"before": "{{ 7 }}"},
    ],
)  # fmt: skip
def test_values_that_mean_nothing_narrow_nothing(browser: Client, people: None, query: dict[str, str]) -> None:
    assert "Of 12 customers 11 stayed: 91 %" in text(browser, **query)
    assert browser.get(reverse("retention_export", args=["year"]), query).status_code == 200


def test_pages_follow_each_other(browser: Client, people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 6)
    response = browser.get(reverse("retention_figures"), {"show": "kept"})
    found = [row.name for row in response.context["rows"]]
    response = browser.get(response.context["following"])
    found += [row.name for row in response.context["rows"]]
    assert found == [f"Stays {number:02}" for number in range(11)]
    assert not response.context["following"]


def test_the_number_of_queries_does_not_grow(browser: Client, owner: User, segment: Segment) -> None:
    came(owner, segment, "One", 800, left=3)
    browser.get(reverse("retention_figures"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("retention_figures"))
    for number in range(2):
        came(owner, segment, f"More {number}", 500, left=2)
    with CaptureQueriesContext(connection) as three:
        assert len(browser.get(reverse("retention_figures")).context["rows"]) == 3
    assert len(one) == len(three)


def test_nobody_yet(browser: Client) -> None:
    assert "No customers yet" in text(browser)


# ---- The curve ----


def drawn(lives: list[tuple[int, int, int]], known: dict[int, int]) -> Any:
    return survival_curve(Survival(kaplan_meier(lives), sum(row[2] for row in lives), 900, known))


def test_the_curve_falls_in_steps_from_the_upper_left_corner() -> None:
    curve = drawn([(180, 10, 10), (730, 0, 90)], {365: 90, 730: 90})
    assert curve is not None
    points = [tuple(map(int, point.split())) for point in curve.line[1:].split("L")]
    assert points[0] == (0, 0)
    assert points[-1][0] == WIDTH
    # One step, straight and then down.
    assert [points[1][1], points[1][0]] == [0, points[2][0]]
    assert all(0 <= y <= HEIGHT for _x, y in points)
    assert [mark.words for mark in curve.years] == ["0", "1", "2"]
    # 90 % is left, and 82 % may be: the axis begins at 80.
    assert [mark.words for mark in curve.shares] == ["100 %", "90 %", "80 %"]
    assert points[-1][1] == HEIGHT // 2


def test_nothing_is_drawn_of_too_few() -> None:
    assert drawn([(400, 0, 30)], {365: 30}) is None
    assert drawn([(400, 1, 9)], {365: 9}) is None
