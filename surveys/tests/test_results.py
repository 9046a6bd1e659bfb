"""What came of each question."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from customers.models import Customer
from surveys.answering import rows_of
from surveys.drafting import draft_of, publish
from surveys.measuring import Measured, measure, nps_interval
from surveys.models import Answer, Kind, Response, Survey
from surveys.tests.sheets import EVERY_KIND, asked_by, chosen, survey_of
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present", "company")
Login = Callable[[User], Client]


def answered(survey: Survey, of: Customer | None = None, version: Any = None, **values: Any) -> Response:
    """A response with these answers, by the keys of the questions."""
    version = version or asked_by(survey)
    asked = factories.invitation(factories.contact(of) if of else None, survey=survey)
    score = values.get("nps")
    response = Response.objects.create(
        invitation=asked,
        customer=asked.customer,
        contact=asked.contact,
        version=version,
        score=None if score is None else int(score),
        answered_at=NOW,
    )
    Answer.objects.bulk_create(rows_of(response, version, values))
    return response


def measured(survey: Survey) -> dict[str, Measured]:
    questions = [question for version in survey.versions.all() for question in version.asked]
    return {found.question.key: found for found in measure(questions, Response.objects.all())}


def bars(found: Measured, place: int = 0) -> list[tuple[str, int, int]]:
    return [(bar.label, bar.number, bar.percent) for bar in found.spreads[place].bars]


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# ---- Figures ----


def test_the_interval_of_ten_promoters_and_four_detractors_of_twenty() -> None:
    assert nps_interval(10, 6, 4) == (-6, 58)


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 0, 0), (0, 0, 1), (1000, 0, 0), (0, 5000, 0), (7, 1, 9)])
def test_an_interval_stays_on_its_scale_and_mirrors(counts: tuple[int, int, int]) -> None:
    low, high = nps_interval(*counts)
    mirrored = nps_interval(*reversed(counts))

    assert -100 <= low <= high <= 100
    assert abs(mirrored[0] + high) <= 1
    assert abs(mirrored[1] + low) <= 1


def test_more_answers_make_a_narrower_interval() -> None:
    widths = [high - low for low, high in (nps_interval(5 * n, 3 * n, 2 * n) for n in (1, 10, 100))]

    assert widths == sorted(widths, reverse=True)


def test_a_recommendation_is_a_score_with_its_interval(db: None) -> None:
    survey = survey_of({"kind": Kind.NPS, "key": "nps"})
    for score in [9] * 10 + [8] * 6 + [3] * 4:
        answered(survey, nps=Decimal(score))

    found = measured(survey)["nps"]
    assert found.finding == "Net promoter score 30, with 95 % confidence from −6 to 58"
    assert found.answered == 20
    assert [bar for bar in bars(found) if bar[1]] == [("3", 4, 20), ("8", 6, 30), ("9", 10, 50)]
    assert len(bars(found)) == 11


@pytest.mark.parametrize(
    ("kind", "points", "finding"),
    [
        (Kind.CSAT, [5, 4, 4, 1], "3.5 on average; 75 % are satisfied (4 or 5)"),
        (Kind.CES, [7, 5, 4, 1, 1], "3.6 on average; 40 % found it easy (5 to 7)"),
    ],
)
def test_a_scale_has_a_mean_and_a_share(db: None, kind: str, points: list[int], finding: str) -> None:
    survey = survey_of({"kind": kind, "key": "q"})
    for point in points:
        answered(survey, q=Decimal(point))

    assert measured(survey)["q"].finding == finding


def test_choices_are_counted_of_those_who_answered(db: None) -> None:
    survey = survey_of(*EVERY_KIND)
    answered(survey, single="tea", multiple=["red", "blue"], matrix={"price": "good", "speed": "bad"}, consent="yes")
    answered(survey, single="tea", multiple=["red"], matrix={"price": "bad"}, consent="no")
    answered(survey, single="coffee", consent="no")
    answered(survey)

    found = measured(survey)
    assert bars(found["single"]) == [("tea", 2, 67), ("coffee", 1, 33)]
    assert found["single"].finding == "Most often: tea, 67 %"
    # Of two people both chose red: each is counted once, though there are three ticks.
    assert found["multiple"].answered == 2
    assert bars(found["multiple"]) == [("red", 2, 100), ("green", 0, 0), ("blue", 1, 50)]
    assert [spread.title for spread in found["matrix"].spreads] == ["price", "speed"]
    assert bars(found["matrix"], 0) == [("good", 1, 50), ("bad", 1, 50)]
    assert bars(found["matrix"], 1) == [("good", 0, 0), ("bad", 1, 100)]
    assert bars(found["consent"]) == [("Yes", 1, 33), ("No", 2, 67)]
    assert found["consent"].finding == "33 % agree"


def test_numbers_have_a_mean_a_middle_and_ends(db: None) -> None:
    survey = survey_of({"kind": Kind.NUMBER, "key": "n"})
    for number in ("1", "2", "2", "100.5"):
        answered(survey, n=Decimal(number))

    found = measured(survey)["n"]
    assert found.finding == "26.4 on average, half of them up to 2; from 1 to 100.5"
    assert bars(found) == [("1", 1, 25), ("2", 2, 50), ("100.5", 1, 25)]


def test_many_different_numbers_are_put_into_spans_that_hold_them_all(db: None) -> None:
    survey = survey_of({"kind": Kind.NUMBER, "key": "n"})
    for number in range(23):
        answered(survey, n=Decimal(number))

    spans = bars(measured(survey)["n"])
    assert len(spans) == 10
    assert sum(number for _label, number, _percent in spans) == 23


def test_days_are_counted_by_month_and_over_many_years_by_year(db: None) -> None:
    survey = survey_of({"kind": Kind.DATE, "key": "d"})
    for day in (date(2026, 1, 5), date(2026, 1, 31), date(2026, 3, 1)):
        answered(survey, d=day)
    assert bars(measured(survey)["d"]) == [("January 2026", 2, 67), ("March 2026", 1, 33)]

    for month in range(1, 13):
        for year in (2010, 2011):
            answered(survey, d=date(year, month, 1))
    assert [label for label, *_rest in bars(measured(survey)["d"])] == ["2010", "2011", "2026"]


def test_texts_stand_beside_the_score_the_newest_first(db: None) -> None:
    survey = survey_of(*EVERY_KIND)
    for number in range(12):
        response = answered(survey, nps=Decimal(number % 11), long=f"text {number}")
        Response.objects.filter(pk=response.pk).update(answered_at=NOW - timedelta(hours=number))

    found = measured(survey)["long"]
    assert [answer.text for answer in found.texts] == [f"text {number}" for number in range(10)]
    assert (found.answered, found.more_texts) == (12, 2)
    assert found.texts[3].response.score == 3


def test_versions_of_a_question_are_counted_together_and_choices_that_are_gone_are_told(db: None) -> None:
    survey = survey_of({"kind": Kind.SINGLE, "key": "s", "choices": chosen("tea", "coffee")})
    old = asked_by(survey)
    answered(survey, s="tea")
    draft = draft_of(survey)
    draft.questions.update(choices=chosen("coffee", "water"), text="Now?")
    publish(survey, NOW)
    survey.refresh_from_db()
    answered(survey, s="water")
    answered(survey, version=old, s="coffee")

    found = measured(survey)["s"]
    assert (found.question.text, found.answered) == ("Now?", 3)
    assert bars(found) == [("coffee", 1, 33), ("water", 1, 33), ("Choices of earlier versions", 1, 33)]


def test_nothing_answered_is_no_error(db: None) -> None:
    found = measured(survey_of(*EVERY_KIND))

    assert {result.answered for result in found.values()} == {0}
    assert not any(result.finding or result.spreads for result in found.values())


def test_it_takes_three_queries_for_any_number_of_questions_and_answers(
    db: None, django_assert_num_queries: Any
) -> None:
    survey = survey_of(*EVERY_KIND)
    for number in range(3):
        answered(survey, nps=Decimal(number), long="x", short="y", number=Decimal(number), single="tea")
    questions = asked_by(survey).asked

    with django_assert_num_queries(3):
        measure(questions, Response.objects.all())


# ---- The page ----


def results(browser: Client, survey: Survey, **query: Any) -> Any:
    return browser.get(reverse("survey_results", args=[survey.pk]), query)


@pytest.mark.parametrize(
    ("who", "number"), [("owner", 1), ("teammate", 1), ("outsider", 1), ("manager", 2), ("administrator", 2)]
)
def test_results_are_of_the_customers_one_may_see(
    customer: Customer, outsider: User, login: Login, request: pytest.FixtureRequest, who: str, number: int
) -> None:
    survey = survey_of(*EVERY_KIND)
    answered(survey, customer, nps=Decimal(9), long="ours")
    answered(survey, factories.customer(outsider), nps=Decimal(1), long="theirs")
    browser = login(request.getfixturevalue(who))

    page = results(browser, survey)
    assert page.context["number"] == number
    assert page.context["measured"][0].answered == number
    file = content(browser.get(reverse("survey_export", args=[survey.pk, "csv"]))).decode()
    for text, seen in (("ours", who != "outsider"), ("theirs", who not in {"owner", "teammate"})):
        assert (text in page.content.decode()) is seen
        assert (text in file) is seen


def test_results_are_narrowed(customer: Customer, owner: User, manager: User, login: Login) -> None:
    survey = survey_of({"kind": Kind.CSAT, "key": "csat"})
    other = factories.customer(factories.user(), segment=factories.segment())
    old = asked_by(survey)
    first = answered(survey, customer, csat=Decimal(1))
    Response.objects.filter(pk=first.pk).update(answered_at=NOW - timedelta(days=10))
    draft_of(survey)
    publish(survey, NOW)
    survey.refresh_from_db()
    answered(survey, other, csat=Decimal(5))
    browser, day = login(manager), NOW.date()

    for query, number in (
        ({}, 2),
        ({"first": day - timedelta(days=9)}, 1),
        ({"last": day - timedelta(days=10)}, 1),
        ({"last": day - timedelta(days=11)}, 0),
        ({"first": day - timedelta(days=10), "last": day}, 2),
        ({"last": "9999-12-31"}, 2),
        ({"version": old.pk}, 1),
        ({"owner": owner.pk}, 1),
        ({"segment": other.segment_id}, 1),
        ({"segment": other.segment_id, "owner": owner.pk}, 0),
    ):
        assert results(browser, survey, **query).context["number"] == number, query


@pytest.mark.parametrize(
    "query",
    [
        {"first": "soon"},
        {"version": "99999"},
        {"owner": "\x00"},
        {"segment": "x"},
        {"first": "2026-02-02", "last": "2026-02-01"},
        {"last": "0001-01-01", "first": "0001-01-01"},
    ],
)
def test_what_is_no_choice_is_told_and_never_an_error(manager: User, login: Login, query: dict[str, str]) -> None:
    response = results(login(manager), survey_of(*EVERY_KIND), **query)

    assert response.status_code in {200, 422}
    if response.status_code == 422:
        assert response.context["form"].errors.keys() <= query.keys()


def test_owners_to_choose_from_are_those_of_customers_one_may_see(
    customer: Customer, outsider: User, owner: User, login: Login
) -> None:
    factories.customer(outsider)
    page = results(login(owner), survey_of(*EVERY_KIND))

    assert set(page.context["form"].fields["owner"].queryset) == {owner}


def test_without_a_published_version_the_page_says_what_belongs_there(manager: User, login: Login) -> None:
    survey = survey_of()
    Survey.objects.update(published=None)
    survey.versions.update(published_at=None)

    assert "No results yet" in results(login(manager), survey).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_results_take_the_same_queries_however_many_answers(
    owner: User, login: Login, django_assert_num_queries: Any, rows: int
) -> None:
    survey = survey_of(*EVERY_KIND)
    for number in range(rows):
        answered(survey, factories.customer(owner), nps=Decimal(number), long="x", short="y", single="tea")
    browser = login(owner)

    # Session, person, company, team, survey, versions, questions, three figures, number, five choices, themes, bell.
    with django_assert_num_queries(18):
        results(browser, survey)


# ---- Files ----


def filled(survey: Survey, of: Customer) -> None:
    answered(
        survey,
        of,
        nps=Decimal(3),
        csat=Decimal(5),
        single="tea",
        multiple=["red", "blue"],
        matrix={"price": "good"},
        long="=HYPERLINK(1)",
        number=Decimal("12.500"),
        date=date(2026, 1, 2),
        consent="yes",
    )


def test_a_file_has_a_line_for_each_response_and_no_formula(customer: Customer, owner: User, login: Login) -> None:
    survey = survey_of(*EVERY_KIND)
    filled(survey, customer)

    response = login(owner).get(reverse("survey_export", args=[survey.pk, "csv"]))

    file = content(response)
    assert file.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(file.decode("utf-8-sig")))
    assert (row["Customer"], row["Owner"], row["Version"], row["Score"]) == ("Lindqvist AB", "Mia Berg", "1", "3")
    assert (row["Day"], row["About csat?"], row["About single?"]) == ("2026-11-26", "5", "tea")
    assert (row["About multiple?"], row["About matrix?: price"], row["About matrix?: speed"]) == (
        "red · blue",
        "good",
        "",
    )
    assert (row["About long?"], row["About number?"], row["About date?"]) == ("'=HYPERLINK(1)", "12.5", "2026-01-02")
    assert row["About consent?"] == "yes"
    assert f"answers-{survey.pk}-2026-11-26.csv" in response.headers["Content-Disposition"]


def test_a_spreadsheet_has_the_same_as_text(customer: Customer, owner: User, login: Login) -> None:
    survey = survey_of(*EVERY_KIND)
    filled(survey, customer)

    response = login(owner).get(reverse("survey_export", args=[survey.pk, "xlsx"]))

    sheet = openpyxl.load_workbook(io.BytesIO(content(response))).active
    head, row = sheet.iter_rows()
    told = {title.value: cell for title, cell in zip(head, row, strict=True)}
    assert told["About long?"].value == "=HYPERLINK(1)"
    assert {cell.data_type for cell in row if cell.value is not None} == {"s"}


def test_too_many_for_a_spreadsheet_are_offered_as_csv(
    customer: Customer, owner: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.views.results.MOST_IN_SPREADSHEET", 0)
    survey = survey_of(*EVERY_KIND)
    filled(survey, customer)

    response = login(owner).get(reverse("survey_export", args=[survey.pk, "xlsx"]), {"owner": owner.pk}, follow=True)
    assert response.redirect_chain[0][0].endswith(f"?owner={owner.pk}")
    assert "Take CSV" in response.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_file_takes_the_same_queries_however_long(
    owner: User, login: Login, django_assert_num_queries: Any, rows: int
) -> None:
    survey = survey_of(*EVERY_KIND)
    for _number in range(rows):
        filled(survey, factories.customer(owner))
    browser, url = login(owner), reverse("survey_export", args=[survey.pk, "csv"])

    # Session, person, company, team, survey, versions, questions, responses, answers, their questions.
    with django_assert_num_queries(10):
        content(browser.get(url))
