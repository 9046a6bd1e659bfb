"""The page about sending, and the notice that nothing goes out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from outreach import pausing
from outreach.accounting import sending_figures
from outreach.models import LedgerPlace, SendingPause, State
from outreach.pausing import Cause
from retention_crm.lib import clock
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
type Login = Callable[[User], Client]
WORDS = "535 5.7.8 <b>Username</b> and password not accepted"


def refused() -> SendingPause:
    pausing.begin(Cause.CREDENTIALS, WORDS, at=clock.now())
    return SendingPause.objects.get()


def text(browser: Client, name: str = "sending") -> str:
    return browser.get(reverse(name)).content.decode()


@pytest.mark.parametrize("page", ["today", "messages", "sending"])
def test_managers_read_the_words_of_the_server_where_they_look_every_day(
    login: Login, owner: User, manager: User, page: str
) -> None:
    browser = login(manager)
    assert "No mail goes out" not in text(browser, page)
    refused()
    shown = text(browser, page)
    assert "No mail goes out" in shown
    assert "535 5.7.8 &lt;b&gt;Username" in shown
    assert reverse("sending_try") in shown
    if page != "sending":
        assert "No mail goes out" not in text(login(owner), page)


def test_a_manager_lets_it_be_tried_at_once_and_comes_back_to_the_page(login: Login, manager: User) -> None:
    pause = refused()
    answer = login(manager).post(reverse("sending_try"), {"next": "/messages/?state=held"})
    assert answer.headers["Location"] == "/messages/?state=held"
    before = pause.try_again_at
    pause.refresh_from_db()
    assert before is not None
    assert pause.try_again_at is not None
    assert pause.try_again_at < before


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "", "\0"])
def test_the_way_back_stays_on_this_site(login: Login, manager: User, back: str) -> None:
    answer = login(manager).post(reverse("sending_try"), {"next": back}, follow=True)
    assert answer.redirect_chain[0][0] in {reverse("sending"), "\0"}
    assert "That pause is over already" in answer.content.decode()


def test_an_administrator_stops_and_starts(login: Login, administrator: User) -> None:
    browser = login(administrator)
    assert "Mails go out." in text(browser)
    page = browser.post(reverse("sending_stop"), follow=True).content.decode()
    assert "Stopped by a person" in page
    assert str(administrator) in page
    assert reverse("sending_try") not in page
    assert "Stop all sending" not in page
    browser.post(reverse("sending_stop"))
    pause = SendingPause.objects.get()
    page = browser.post(reverse("sending_start"), {"pause": pause.pk}, follow=True).content.decode()
    assert "Mails go out again" in page
    pause.refresh_from_db()
    assert (pause.began_by, pause.ended_by) == (administrator, administrator)


def test_an_administrator_makes_a_stop_of_a_pause_that_would_end_by_itself(
    login: Login, administrator: User, manager: User
) -> None:
    first = refused()
    browser = login(administrator)
    assert "Stop it for good" in text(browser)
    assert "Stop it for good" not in text(login(manager))

    page = browser.post(reverse("sending_stop"), follow=True).content.decode()

    stop = SendingPause.objects.get(ended_at=None)
    assert (stop.cause, stop.began_by, stop.try_again_at, stop.words) == (Cause.PERSON, administrator, None, WORDS)
    assert "Stop it for good" not in page
    assert "It is tried by itself" not in page
    assert "Nothing is sent until somebody starts sending again." in page
    assert "535 5.7.8" in page
    first.refresh_from_db()
    assert (first.ended_at is not None, first.ended_by) == (True, administrator)
    assert pausing.take_probe(at=clock.now() + timedelta(hours=9)) == 0
    # A message that was being tried for the first pause changes nothing.
    pausing.succeed(first.pk, at=clock.now())
    assert pausing.is_paused()


@pytest.mark.parametrize("shown", ["", "x", "²", "0", "9" * 40, "1\0"])
def test_what_is_not_the_pause_that_is_open_is_not_ended(login: Login, administrator: User, shown: str) -> None:
    refused()
    page = login(administrator).post(reverse("sending_start"), {"pause": shown}, follow=True).content.decode()
    assert "That pause is over already" in page
    assert pausing.is_paused()


def test_a_manager_sees_the_page_but_no_buttons_of_an_administrator(login: Login, manager: User) -> None:
    browser = login(manager)
    assert "Stop all sending" not in text(browser)
    refused()
    assert "Start sending" not in text(browser)
    assert reverse("sending") in text(browser, "settings")


def test_a_restored_ledger_asks_to_look_first(login: Login, administrator: User) -> None:
    LedgerPlace.objects.create(pk=1, fingerprint="elsewhere", seen_at=NOW)
    pausing.begin(Cause.RESTORED, "It was restored. Look through the messages.", at=NOW)
    page = text(login(administrator))
    assert "I have looked through the messages that wait" in page
    assert reverse("sending_try") not in page


def test_it_counts_what_waits(login: Login, manager: User) -> None:
    at = clock.now()
    later = at + timedelta(hours=1)
    factories.message(due_at=at - timedelta(minutes=1))
    factories.message(due_at=later)
    factories.message(state=State.HELD)
    factories.message(state=State.UNKNOWN)
    factories.message(state=State.SENT, due_at=at, finished_at=at)
    factories.message(state=State.SENT, due_at=at, finished_at=at - timedelta(minutes=11))
    assert sending_figures(at=at) == {"waiting": 2, "due": 1, "held": 1, "unknown": 1, "sent": 1}
    assert "never" in text(login(manager))
    LedgerPlace.objects.create(pk=1, fingerprint="here", seen_at=NOW, accepted_at=NOW)
    assert "26 November, 10:00" in text(login(manager))


def test_three_pauses_cost_as_many_queries_as_one(
    login: Login, administrator: User, django_assert_max_num_queries: Any
) -> None:
    browser = login(administrator)

    def queries() -> int:
        with django_assert_max_num_queries(30) as found:
            browser.get(reverse("sending"))
        return len(found)

    def stop() -> None:
        pausing.begin(Cause.PERSON, "", at=clock.now(), by=administrator)
        pausing.start(administrator, at=clock.now())

    stop()
    one = queries()
    stop()
    stop()
    assert queries() == one
    assert SendingPause.objects.count() == 3
