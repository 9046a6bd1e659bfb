"""Gestures and perks: what may be spent, what was granted, used and ends soon, and who sees it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from customers import granting
from customers.models import Customer, Perk, Segment
from dashboard.kindness import kindness
from dashboard.views import perks as view
from interactions.appreciating import above_limit, appreciation_of
from interactions.models import Interaction, Kind
from tests import factories
from tests.factories import NOW, TODAY
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company", "this_morning")]
Login = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture
def limit(company: Company) -> Decimal:
    Company.objects.update(gesture_limit=Decimal(50))
    return Decimal(50)


def gesture(of: Customer, amount: str, **fields: Any) -> Interaction:
    return factories.interaction(of, kind=Kind.GESTURE, amount=Decimal(amount), **fields)


def logged(browser: Client, customer: Customer, **data: Any) -> Any:
    filled = {"customer": customer.pk, "kind": "gesture", "outcome": "", "amount": "60", "next_in": ""}
    return browser.post(reverse("log"), filled | data)


class TestTheBudget:
    def test_the_year_is_that_of_the_customers_calendar(self, customer: Customer, company: Company) -> None:
        Customer.objects.update(time_zone="Asia/Tokyo")
        customer.refresh_from_db()
        # 1 January in Tokyo, 31 December in London.
        gesture(customer, "30", happened_at=datetime.fromisoformat("2025-12-31T16:00+00:00"))
        gesture(customer, "99", happened_at=datetime.fromisoformat("2025-12-31T14:00+00:00"))
        gesture(customer, "10.50")
        factories.purchase(customer)
        assert appreciation_of(customer, company, on=date(2026, 1, 5)).used == Decimal("40.50")
        assert appreciation_of(customer, company, on=date(2025, 12, 31)).used == Decimal("99")

    @pytest.mark.parametrize(
        ("own", "segments", "left"),
        [(None, None, None), (None, 200, 140), (100, 200, 40), (0, 200, -60), (20, None, -40)],
    )
    def test_the_customers_own_comes_before_the_segments(
        self, customer: Customer, company: Company, own: int | None, segments: int | None, left: int | None
    ) -> None:
        Segment.objects.update(gesture_budget=segments)
        Customer.objects.update(gesture_budget=own)
        gesture(customer, "60")
        found = appreciation_of(Customer.objects.get(), company, on=TODAY)
        assert found.left == left
        assert found.is_overdrawn == (left is not None and left < 0)

    def test_the_page_says_who_gave_what_last(self, customer: Customer, owner: User, login: Login) -> None:
        address = reverse("customer_gestures", args=[customer.pk])
        assert "Nobody has shown them appreciation" in login(owner).get(address).content.decode()
        gesture(customer, "12", author=owner, notes="Tea <b>for</b> her birthday", happened_at=NOW - 3 * DAY)
        shown = login(owner).get(address, headers={"HX-Request": "true"}).content.decode()
        assert "Last appreciated on 23 November 2026" in shown and owner.name in shown
        assert "Tea &lt;b&gt;for&lt;/b&gt;" in shown and "<html" not in shown

    def test_what_it_was_is_kept_of_gestures_alone(self, customer: Customer, owner: User, login: Login) -> None:
        browser = login(owner)
        assert logged(browser, customer, gesture_kind="nothing").status_code == 422
        assert logged(browser, customer, gesture_kind="sample").status_code == 302
        assert logged(browser, customer, kind="purchase", gesture_kind="card").status_code == 302
        assert dict(Interaction.objects.values_list("kind", "gesture_kind")) == {"gesture": "sample", "purchase": ""}
        assert "· Sample" in browser.get(reverse("customer_gestures", args=[customer.pk])).content.decode()
        timeline = browser.get(reverse("customer_timeline", args=[customer.pk]), headers={"HX-Request": "true"})
        assert "Sample" in timeline.content.decode()

    def test_the_customers_page_and_the_log_panel_fetch_it_when_it_is_looked_at(
        self, customer: Customer, owner: User, login: Login
    ) -> None:
        Segment.objects.update(gesture_budget=200)
        gesture(customer, "60")
        browser = login(owner)
        page = browser.get(reverse("customer", args=[customer.pk])).content.decode()
        assert f'hx-get="{reverse("customer_gestures", args=[customer.pk])}"' in page
        panel = browser.get(reverse("log"), {"customer": customer.pk}).content.decode()
        part = reverse("log_gestures", args=[customer.pk])
        assert f'hx-get="{part}"' in panel
        assert "Gestures this year: 60.00 of 200.00 EUR." in browser.get(part).content.decode()

    def test_own_and_segments_budgets_are_set_on_their_forms(
        self, customer: Customer, administrator: User, login: Login
    ) -> None:
        browser = login(administrator)
        segment = {"name": "Gold", "cadence_days": 30, "counts_as_contact": "both", "horizon_days": 90}
        address = reverse("segment", args=[customer.segment_id])
        assert browser.post(address, segment | {"gesture_budget": "-1"}).status_code == 200
        assert browser.post(address, segment | {"gesture_budget": "250"}).status_code == 302
        assert Segment.objects.get().gesture_budget == 250


class TestTheLimit:
    def test_above_it_the_form_asks_why_and_keeps_what_was_typed(
        self, customer: Customer, owner: User, login: Login, limit: Decimal
    ) -> None:
        answer = logged(login(owner), customer, notes="A basket")
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "One gesture may cost 50.00 EUR. Say why this one is more; managers will read it." in shown
        assert "A basket" in shown
        assert not Interaction.objects.exists()

    def test_with_a_reason_it_is_kept_and_managers_read_it(
        self, customer: Customer, owner: User, manager: User, login: Login, limit: Decimal
    ) -> None:
        assert logged(login(owner), customer, limit_reason="Thirty years <i>together</i>").status_code == 302
        assert Interaction.objects.get().limit_reason == "Thirty years <i>together</i>"
        page = login(manager).get(reverse("perks")).content.decode()
        assert "Thirty years &lt;i&gt;together&lt;/i&gt;" in page and "60.00 EUR" in page

    @pytest.mark.parametrize(
        "data",
        [{"amount": "50"}, {"amount": ""}, {"kind": "purchase"}, {"kind": "call", "outcome": "held", "amount": ""}],
    )
    def test_nothing_else_needs_one_and_none_is_kept(
        self, customer: Customer, owner: User, login: Login, limit: Decimal, data: dict[str, Any]
    ) -> None:
        assert logged(login(owner), customer, limit_reason="Because", **data).status_code == 302
        assert Interaction.objects.get().limit_reason == ""

    def test_without_a_limit_nobody_is_asked(self, customer: Customer, owner: User, login: Login) -> None:
        browser = login(owner)
        assert "limit_reason" not in browser.get(reverse("log"), {"customer": customer.pk}).content.decode()
        assert logged(browser, customer, amount="999999").status_code == 302

    def test_what_was_logged_before_the_limit_is_found_too(self, customer: Customer, company: Company) -> None:
        gesture(customer, "60")
        gesture(customer, "40")
        company.gesture_limit = None
        assert above_limit(Interaction.objects.all(), company).count() == 0
        company.gesture_limit = Decimal(50)
        assert [row.amount for row in above_limit(Interaction.objects.all(), company)] == [60]


class TestGranting:
    def grant(self, browser: Client, customer: Customer, **data: Any) -> Any:
        filled = {"kind": "discount", "words": "10 % off", "value": "1 200,50", "expires_on": "2026-12-31"}
        return browser.post(reverse("perk_new", args=[customer.pk]), filled | data)

    def test_one_is_granted_used_and_both_are_taken_back(self, customer: Customer, owner: User, login: Login) -> None:
        browser = login(owner)
        assert self.grant(browser, customer).status_code == 302
        perk = Perk.objects.get()
        assert (perk.value, perk.granted_by, perk.granted_on) == (Decimal("1200.50"), owner, TODAY)
        browser.post(reverse("perk_use", args=[perk.pk]))
        assert Perk.objects.used().get().used_by == owner
        browser.post(reverse("perk_withdraw", args=[perk.pk]))
        assert Perk.objects.used().exists()
        browser.post(reverse("perk_unuse", args=[perk.pk]))
        assert Perk.objects.open(TODAY).exists()
        browser.post(reverse("perk_withdraw", args=[perk.pk]))
        assert not Perk.objects.standing().exists()
        browser.post(reverse("perk_restore", args=[perk.pk]))
        assert Perk.objects.open(TODAY).exists()

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"words": ""}, "This field is required."),
            ({"words": "x" * 201}, "This may be 200 characters long"),
            ({"value": "much"}, "Write the amount with digits only"),
            ({"value": "-5"}, "Write the amount with digits only"),
            ({"expires_on": "2026-11-25"}, "This day has passed."),
            ({"expires_on": "2040-01-01"}, "more than ten years away"),
            ({"expires_on": "31.02."}, "Enter a valid date."),
            ({"kind": "gold"}, "Select a valid choice."),
        ],
    )
    def test_what_is_wrong_is_said_at_the_field(
        self, customer: Customer, owner: User, login: Login, data: dict[str, str], words: str
    ) -> None:
        answer = self.grant(login(owner), customer, **data)
        assert answer.status_code == 422 and words in answer.content.decode()
        assert not Perk.objects.exists()

    def test_all_of_a_segment_get_one_each_and_an_undo_leaves_what_was_used(
        self, customer: Customer, manager: User, login: Login
    ) -> None:
        same = factories.customer(customer.owner, segment=customer.segment)
        factories.customer(customer.owner, segment=customer.segment, lost_on=TODAY)
        factories.customer(customer.owner)
        browser = login(manager)
        data = {"segment": customer.segment_id, "kind": "early_access", "words": "The new catalogue"}
        page = browser.post(reverse("perks_grant"), data, follow=True).content.decode()
        assert "2 customers get: The new catalogue" in page
        assert set(Perk.objects.values_list("customer", flat=True)) == {customer.pk, same.pk}
        granting.use(Perk.objects.get(customer=same), by=manager, on=TODAY)
        key = Perk.objects.first()
        assert key
        browser.post(reverse("perks_ungrant", args=[key.grant_key]))
        assert [perk.customer for perk in Perk.objects.standing()] == [same]
        assert (
            "0 perks are taken back."
            in browser.post(reverse("perks_ungrant", args=[key.grant_key]), follow=True).content.decode()
        )

    @pytest.mark.django_db(transaction=True)
    def test_two_clicks_at_once_use_it_once(self, customer: Customer, owner: User) -> None:
        perk = factories.perk(customer)
        assert sorted(at_once(lambda: granting.use(perk, by=owner, on=TODAY), 2)) == [False, True]


class TestEndingSoon:
    @pytest.mark.parametrize(
        ("fields", "is_said"),
        [
            ({"expires_on": TODAY}, True),
            ({"expires_on": TODAY + 14 * DAY}, True),
            ({"expires_on": TODAY + 15 * DAY}, False),
            ({"expires_on": TODAY - DAY}, False),
            ({"expires_on": None}, False),
            ({"expires_on": TODAY, "used_on": TODAY}, False),
            ({"expires_on": TODAY, "withdrawn_at": NOW}, False),
        ],
    )
    def test_who_is_prompted(self, customer: Customer, owner: User, fields: dict[str, Any], is_said: bool) -> None:
        factories.perk(customer, **fields)
        assert bool(kindness([owner.pk], Company.current(), on=TODAY)) == is_said

    @pytest.mark.parametrize("fields", [{"lost_on": TODAY}, {"do_not_contact": True}])
    def test_not_where_nobody_is_to_be_spoken_to(self, customer: Customer, owner: User, fields: dict[str, Any]) -> None:
        factories.perk(customer, expires_on=TODAY)
        Customer.objects.update(**fields)
        assert not kindness([owner.pk], Company.current(), on=TODAY)

    def test_today_fetches_it_for_the_owner_and_no_other(
        self, customer: Customer, owner: User, teammate: User, login: Login
    ) -> None:
        factories.perk(customer, expires_on=TODAY + DAY)
        assert f'hx-get="{reverse("kindness")}"' in login(owner).get(reverse("today")).content.decode()
        assert customer.name in login(owner).get(reverse("kindness")).content.decode()
        assert customer.name not in login(teammate).get(reverse("kindness")).content.decode()

    def test_who_stands_in_sees_it(self, customer: Customer, owner: User, teammate: User, login: Login) -> None:
        factories.perk(customer, expires_on=TODAY + DAY)
        factories.absence(owner, deputy=teammate)
        assert customer.name in login(teammate).get(reverse("kindness")).content.decode()


class TestThePage:
    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", "open soon used over"),
            ("show=open", "open soon"),
            ("show=expiring", "soon"),
            ("show=used", "used"),
            ("show=expired", "over"),
            ("show=withdrawn", "gone"),
            ("show=nonsense", "open soon used over"),
            ("kind=terms", "soon"),
            ("owner=x&segment=999999", "open soon used over"),
        ],
    )
    def test_each_fate_has_its_list(
        self, customer: Customer, manager: User, login: Login, query: str, names: str
    ) -> None:
        factories.perk(customer, words="p-open")
        factories.perk(customer, words="p-soon", expires_on=TODAY + DAY, kind="terms")
        factories.perk(customer, words="p-used", used_on=TODAY)
        factories.perk(customer, words="p-over", expires_on=TODAY - DAY)
        factories.perk(customer, words="p-gone", withdrawn_at=NOW)
        page = login(manager).get(f"{reverse('perks')}?{query}").content.decode()
        assert {name for name in ("open", "soon", "used", "over", "gone") if f"p-{name}" in page} == set(names.split())

    def test_it_costs_the_same_for_one_and_for_three(self, customer: Customer, manager: User, login: Login) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert login(manager).get(reverse("perks")).status_code == 200
            return len(asked)

        factories.perk(customer)
        gesture(customer, "9", limit_reason="Why")
        one = cost()
        for _number in range(2):
            other = factories.customer()
            factories.perk(other)
            gesture(other, "9", limit_reason="Why")
        assert cost() == one

    def test_the_next_page_keeps_the_filter(
        self, customer: Customer, manager: User, login: Login, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(view, "PAGE_SIZE", 1)
        for number in range(2):
            factories.perk(customer, words=f"p-{number}", kind="terms")
        factories.perk(customer, words="p-other")
        browser = login(manager)
        page = browser.get(reverse("perks"), {"kind": "terms"})
        assert "p-1" in page.content.decode()
        following = browser.get(f"{reverse('perks')}?after={page.context['following']}").content.decode()
        assert "p-0" in following and "p-other" not in following
