"""Who turned red is told to who looks after them: once for each time, and not what was so before we looked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Company, User
from customers.models import Customer
from outreach.composing import Unwritable
from outreach.models import Message, MessageKind
from outreach.planning import plan
from outreach.tests.reading import build, read, text_of
from retention.models import Band, CustomerRisk
from retention.scoring import rebuild, rescore, rescore_stale
from retention.tests.histories import contacts, regular, risk_of
from tests import factories
from tests.factories import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def sender(company: Company, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Nordlicht CRM <crm@example.com>"
    plan(at=NOW - timedelta(hours=3))


@pytest.fixture
def fading(customer: Customer) -> Customer:
    """Called every month, and not for a while; well when we first looked, and at risk by now."""
    regular(customer, every=30, silent=120)
    assert risk_of(customer, NOW - 110 * DAY).band == Band.HEALTHY
    return customer


def alerts() -> list[Message]:
    return list(Message.objects.filter(kind=MessageKind.URGENT).order_by("pk").select_related("recipient"))


def since(customer: Customer) -> Any:
    return CustomerRisk.objects.get(pk=customer.pk).at_risk_since


# --- since when they are at risk


def test_the_moment_they_come_into_the_band_is_kept_until_they_leave_it(fading: Customer) -> None:
    rebuild(at=NOW)
    assert CustomerRisk.objects.get().band == Band.AT_RISK
    assert since(fading) == NOW
    rebuild(at=NOW + DAY)
    rescore([fading.pk], at=NOW + 2 * DAY)
    assert since(fading) == NOW
    factories.interaction(fading, happened_at=NOW + 2 * DAY)
    rescore([fading.pk], at=NOW + 7 * DAY)
    assert since(fading) is None
    rebuild(at=NOW + 200 * DAY)
    assert since(fading) == NOW + 200 * DAY


def test_a_rescore_sees_it_as_the_rebuild_does(fading: Customer) -> None:
    Customer.objects.update(risk_stale_since=NOW)
    assert rescore_stale(at=NOW) == 1
    assert since(fading) == NOW


def test_the_first_computation_is_no_turn(customer: Customer) -> None:
    regular(customer, every=30, silent=120)
    rebuild(at=NOW)
    assert CustomerRisk.objects.get().band == Band.AT_RISK
    assert since(customer) is None
    rebuild(at=NOW + DAY)
    assert since(customer) is None


def test_a_history_filled_in_behind_an_empty_customer_is_no_turn(customer: Customer) -> None:
    rebuild(at=NOW - DAY)
    regular(customer, every=30, silent=120)
    rebuild(at=NOW)
    assert CustomerRisk.objects.get().band == Band.AT_RISK
    assert since(customer) is None


def test_nor_is_one_filled_in_behind_a_customer_with_one_contact(customer: Customer) -> None:
    contacts(customer, 500)
    assert risk_of(customer, NOW - DAY).contact_days == 1
    regular(customer, every=30, silent=120)
    rebuild(at=NOW)
    assert CustomerRisk.objects.get().band == Band.AT_RISK
    assert since(customer) is None


def test_trouble_with_somebody_just_called_is_a_turn(customer: Customer) -> None:
    regular(customer, every=10, silent=11)
    assert risk_of(customer, NOW - DAY).band == Band.HEALTHY
    factories.interaction(customer, happened_at=NOW)
    factories.complaint(customer, opened_at=NOW - timedelta(hours=1))
    factories.follow_up(customer, is_promise=True, due_at=NOW - DAY, created_at=NOW - 2 * DAY)
    assert risk_of(customer).band == Band.AT_RISK
    assert since(customer) == NOW


def test_an_import_of_events_alarms_nobody(
    customer: Customer, administrator: User, tmp_path: Any, time_machine: Any
) -> None:
    time_machine.move_to(NOW)
    regular(customer, every=30, silent=120)
    rebuild(at=NOW - DAY)
    file = tmp_path / "shop.csv"
    days = [(NOW - timedelta(days=120 + 30 * number)).date().isoformat() for number in range(12)]
    file.write_text("customer,date\n" + "".join(f"{name},{day}\n" for name in ("a", "b", "c") for day in days))
    call_command("import_events", str(file), verbosity=0)
    assert CustomerRisk.objects.filter(band=Band.AT_RISK).count() == 4
    plan(at=NOW + timedelta(minutes=1))
    assert alerts() == []


# --- who is told


def test_the_owner_is_told_with_the_reasons_in_words(fading: Customer, owner: User, manager: User) -> None:
    factories.complaint(fading, opened_at=NOW - DAY)
    rebuild(at=NOW)
    plan(at=NOW)
    (message,) = alerts()
    assert message.occasion == f"urgent:red:{fading.pk}:{int(NOW.timestamp())}:{owner.pk}"
    assert message.recipient == owner
    mail = read(build(message))
    assert mail["Subject"] == "Turned red: Lindqvist AB"
    text = text_of(mail)
    assert "Lindqvist AB: at risk of being lost\n  Usually every" in text
    assert "silent for 120 days. Open complaint since 25 November." in text
    assert f"/customers/{fading.pk}/" in text


def test_at_night_it_waits_for_the_morning(fading: Customer) -> None:
    night = NOW.replace(hour=1) + DAY
    rebuild(at=night)
    plan(at=night)
    (message,) = alerts()
    assert message.due_at == NOW.replace(hour=6) + DAY


def test_who_stands_in_is_told_instead_of_who_is_away(fading: Customer, owner: User, teammate: User) -> None:
    factories.absence(owner, deputy=teammate)
    rebuild(at=NOW)
    plan(at=NOW)
    (message,) = alerts()
    assert message.recipient == teammate
    assert "Looked after by Mia Berg." in text_of(read(build(message)))


def test_once_while_it_stays_and_again_after_it_left_and_came_back(fading: Customer) -> None:
    for days in range(3):
        rebuild(at=NOW + days * DAY)
        plan(at=NOW + days * DAY)
        plan(at=NOW + days * DAY + timedelta(minutes=1))
    assert len(alerts()) == 1
    factories.interaction(fading, happened_at=NOW + 3 * DAY)
    rebuild(at=NOW + 4 * DAY)
    plan(at=NOW + 4 * DAY)
    assert len(alerts()) == 1
    rebuild(at=NOW + 8 * DAY)
    rebuild(at=NOW + 200 * DAY)
    plan(at=NOW + 200 * DAY)
    assert len(alerts()) == 2


def test_a_late_run_tells_it_once(fading: Customer) -> None:
    rebuild(at=NOW)
    for hours in (30, 31, 60):
        plan(at=NOW + timedelta(hours=hours))
    assert len(alerts()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_planners_at_once_tell_it_once(fading: Customer) -> None:
    rebuild(at=NOW)
    at_once(lambda: plan(at=NOW), 2)
    assert len(alerts()) == 1


@pytest.mark.parametrize("spoil", [{"do_not_contact": True}, {"lost_on": NOW.date()}])
def test_who_is_lost_or_wants_no_calls_is_left_alone(fading: Customer, spoil: dict[str, Any]) -> None:
    rebuild(at=NOW)
    Customer.objects.update(**spoil)
    plan(at=NOW)
    assert alerts() == []


def test_who_is_well_again_by_then_is_not_told_of(fading: Customer) -> None:
    rebuild(at=NOW)
    plan(at=NOW)
    (message,) = alerts()
    factories.interaction(fading, happened_at=NOW)
    rescore([fading.pk], at=NOW)
    with pytest.raises(Unwritable, match="settled"):
        build(message)


def test_of_two_turns_before_the_mail_left_the_last_is_told(fading: Customer) -> None:
    rebuild(at=NOW)
    plan(at=NOW)
    CustomerRisk.objects.update(at_risk_since=NOW + timedelta(hours=1))
    plan(at=NOW + timedelta(hours=1))
    first, second = alerts()
    with pytest.raises(Unwritable, match="settled"):
        build(first)
    assert "at risk" in text_of(read(build(second)))


def test_a_reader_who_may_no_longer_see_the_customer_is_told_nothing(fading: Customer, outsider: User) -> None:
    rebuild(at=NOW)
    plan(at=NOW)
    (message,) = alerts()
    Customer.objects.update(owner=outsider)
    with pytest.raises(Unwritable, match="settled"):
        build(message)


def test_ten_who_turned_are_planned_in_as_many_queries_as_one(owner: User) -> None:
    counts = []
    for number in (1, 1, 9):
        made = [factories.customer(owner) for _number in range(number)]
        for customer in made:
            regular(customer, every=30, silent=120)
        rescore([customer.pk for customer in made], at=NOW - 110 * DAY)
        rescore([customer.pk for customer in made], at=NOW)
        with CaptureQueriesContext(connection) as queries:
            plan(at=NOW)
        counts.append(len(queries))
    assert len(alerts()) == 11
    # The first run also plans the morning's digest.
    assert counts[1] == counts[2]
