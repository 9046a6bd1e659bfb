"""Who stayed in a year and what that was worth: by hand, and against plain Python."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Company, User
from customers.models import Customer, Tag
from retention.counting import Part
from retention.models import Ending, Loss
from retention.staying import BACK, KEPT, LOST, NEW, START, WON_BACK, Stay, Year, behind, of_part, stay
from tests import factories
from tests.factories import NOW, TODAY

LAST_YEAR = Year(TODAY)
FIRST = LAST_YEAR.first


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def figures(part: Part = Part()) -> Stay:  # noqa: B008 - frozen
    return stay(of_part(Customer.objects.all(), part), part, LAST_YEAR)


def lose(customer: Customer, day: date, *, back: date | None = None, ending: str = "") -> None:
    ended = {"ending": ending or Ending.WON_BACK, "ended_on": back} if back else {"ending": ending}
    factories.loss(customer, lost_on=day, **ended)
    if not ended["ending"]:
        Customer.objects.filter(pk=customer.pk).update(lost_on=day)


def names(kind: str) -> set[str]:
    return set(behind(Customer.objects.all(), LAST_YEAR, kind).values_list("name", flat=True))


@pytest.fixture
def people(company: Company, owner: User) -> dict[str, Customer]:
    since = {"Stays": 900, "Leaves": 800, "Comes": 100, "Passes": 90, "Gone": 900, "Again": 900, "Mistake": 900}
    made = {name: factories.customer(owner, name=name, customer_since=days_ago(ago)) for name, ago in since.items()}
    lose(made["Leaves"], days_ago(30))
    lose(made["Passes"], days_ago(10))
    lose(made["Gone"], days_ago(500))
    lose(made["Again"], days_ago(400), back=days_ago(200))
    lose(made["Mistake"], days_ago(30), back=days_ago(29), ending=Ending.MISTAKE)
    return made


def test_everybody_is_counted_once(people: dict[str, Customer]) -> None:
    found = figures()
    assert (found.start, found.kept, found.lost, found.new, found.back, found.won_back) == (3, 2, 1, 1, 1, 1)
    assert (found.end, found.percent) == (4, 66)


def test_each_figure_has_its_customers(people: dict[str, Customer]) -> None:
    assert names(START) == {"Stays", "Leaves", "Mistake"}
    assert names(KEPT) == {"Stays", "Mistake"}
    assert names(LOST) == {"Leaves"}
    assert names(NEW) == {"Comes"}
    assert names(BACK) == names(WON_BACK) == {"Again"}


def test_the_first_and_the_last_day_belong_to_the_time_before_them(company: Company, owner: User) -> None:
    on_the_first = factories.customer(owner, name="First", customer_since=FIRST)
    factories.customer(owner, name="Next", customer_since=FIRST + timedelta(days=1))
    lose(on_the_first, TODAY)
    lose(factories.customer(owner, name="Early", customer_since=days_ago(900)), FIRST)
    assert names(START) == names(LOST) == {"First"}
    assert names(NEW) == {"Next"}


def test_value_that_came_again_by_hand(company: Company, owner: User) -> None:
    """500 of 1,000 came again; with what grew it was 900. What new ones bought is not theirs."""

    def bought(name: str, before: int, after: int, since: int = 900) -> Customer:
        made = factories.customer(owner, name=name, customer_since=days_ago(since))
        for amount, ago in ((before, 370), (after, 5)):
            if amount:
                factories.purchase(made, str(amount), happened_at=NOW - timedelta(days=ago))
        return made

    bought("Grew", 200, 600)
    bought("Shrank", 600, 300)
    lose(bought("Left", 200, 0), days_ago(100))
    bought("New", 0, 5000, since=50)
    lose(bought("Gone long before", 7000, 0), days_ago(366))
    returned = bought("Returned", 0, 0)
    factories.purchase(returned, "-80.00", happened_at=NOW - timedelta(days=5))
    factories.purchase(returned, "9.00", happened_at=NOW - timedelta(days=800))
    found = figures()
    assert [found.before, found.after, found.held] == [Decimal(1000), Decimal(900), Decimal(500)]
    assert (found.gross, found.net) == (50, 90)


def test_without_anybody_there_are_no_shares(company: Company) -> None:
    found = figures()
    assert (found.start, found.percent, found.gross, found.net) == (0, None, None, None)


@pytest.mark.parametrize("name", ["owner", "team", "segment", "tag"])
def test_it_is_narrowed_to_a_part(company: Company, owner: User, outsider: User, name: str) -> None:
    mine = factories.customer(owner, customer_since=days_ago(500))
    other = factories.customer(outsider, customer_since=days_ago(500))
    for customer, amount in ((mine, "10.00"), (other, "500.00")):
        factories.purchase(customer, amount, happened_at=NOW - timedelta(days=400))
    (tag,) = Tag.objects.named(["key"])
    mine.tags.add(tag)
    chosen = {"owner": owner.pk, "team": owner.team_id, "segment": mine.segment_id, "tag": tag.pk}[name]
    found = figures(Part(**{name: chosen}))
    assert (found.start, found.before) == (1, Decimal(10))


@pytest.mark.parametrize("seed", range(3))
def test_the_database_counts_what_python_counts(company: Company, owner: User, seed: int) -> None:
    chance = random.Random(seed)
    segment = factories.segment()
    expected = dict.fromkeys((START, KEPT, LOST, NEW, BACK), 0)
    for _number in range(60):
        since = chance.randrange(0, 900)
        made = factories.customer(owner, segment=segment, customer_since=days_ago(since))
        spans: list[tuple[int, int]] = []
        for _again in range(chance.randrange(0, 3)):
            left = chance.randrange(0, since + 1)
            back = chance.randrange(0, left + 1)
            spans.append((left, back))
            lose(made, days_ago(left), back=days_ago(back))

        def there(ago: int, since: int = since, spans: Any = tuple(spans)) -> bool:
            return since >= ago and not any(left >= ago > back for left, back in spans)

        was, is_now = there(365), there(0)
        expected[START] += was
        expected[KEPT] += was and is_now
        expected[LOST] += was and not is_now
        expected[NEW] += is_now and since < 365
        expected[BACK] += is_now and not was and since >= 365
    found = figures()
    assert {name: getattr(found, name) for name in expected} == expected
    assert Loss.objects.exists()
    for kind, number in expected.items():
        assert behind(Customer.objects.all(), LAST_YEAR, kind).count() == number
