"""A ledger that came back from a backup sends nothing until a person has looked at it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from redis import Redis

from accounts.models import User
from outreach import guarding, pausing
from outreach.delivery import deliver
from outreach.models import LedgerPlace, Message, SendingPause, State
from outreach.pausing import Cause
from retention_crm.embedded.ownership import server_account
from retention_crm.embedded.programs import postgres_programs
from tests import factories, smtp_sink
from tests.factories import NOW
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        settings.MAILERS = smtp_sink.mailers(sink)
        yield sink


def run() -> dict[str, int]:
    return dict(deliver(now=lambda: NOW))


def place() -> LedgerPlace:
    return LedgerPlace.objects.get()


def open_cause() -> str:
    pause = pausing.current()
    return pause.cause if pause else ""


def test_a_new_ledger_knows_nothing_and_sends(sink: Sink) -> None:
    factories.message()
    factories.message()
    assert run() == {"sent": 2}
    assert (place().fingerprint, place().handed_over, place().accepted_at) == (guarding.fingerprint(), 2, NOW)
    assert len(guarding.fingerprint().split(":")) == 3
    factories.message()
    assert run() == {"sent": 1}
    assert place().handed_over == 3


def test_a_backup_from_before_the_first_mail_is_known_again(sink: Sink) -> None:
    """The ledger has its name from the migration on, which may run twice."""
    migration = import_module("outreach.migrations.0021_ledger_named_from_the_start")
    migration.name_it(apps, connection.schema_editor())
    migration.name_it(apps, connection.schema_editor())
    message = factories.message()
    assert run() == {"sent": 1}
    LedgerPlace.objects.update(fingerprint="", handed_over=0)
    Message.objects.update(state=State.PLANNED, finished_at=None)

    assert run() == {"waiting": 1}
    message.refresh_from_db()
    assert message.state == State.PLANNED
    assert open_cause() == Cause.RESTORED
    assert len(sink.message_ids) == 1


def test_another_database_pauses_until_a_person_releases_it(sink: Sink, administrator: User) -> None:
    factories.message()
    assert run() == {"sent": 1}
    LedgerPlace.objects.update(fingerprint="16385:7711021700267622044:00000001")
    message = factories.message()
    assert run() == run() == {}
    message.refresh_from_db()
    assert (message.state, message.lease_token) == (State.PLANNED, 0)
    pause = SendingPause.objects.get()
    assert (pause.cause, pause.try_again_at) == (Cause.RESTORED, None)
    assert "restored" in pause.words
    assert not pausing.try_again_now(at=NOW)
    pausing.start(administrator, at=NOW)
    assert run() == {"sent": 1}
    pause.refresh_from_db()
    assert (pause.ended_at, pause.ended_by) == (NOW, administrator)
    assert len(set(sink.message_ids)) == 2


@pytest.mark.parametrize("waiting", [1, 5], ids=["fewer wait than were lost", "more wait than were lost"])
def test_a_ledger_older_than_what_was_sent_pauses_and_hands_nothing_over(
    sink: Sink, administrator: User, waiting: int
) -> None:
    for _number in range(3):
        factories.message()
    assert run() == {"sent": 3}
    # The files of the database are put back in place: one of the three was sent then.
    LedgerPlace.objects.update(handed_over=1)
    for _number in range(waiting):
        factories.message()
    assert run() == {"waiting": waiting}
    assert run() == {}
    assert (open_cause(), len(sink.mails)) == (Cause.RESTORED, 3)
    pausing.start(administrator, at=NOW)
    assert run() == {"sent": waiting}
    assert open_cause() == ""


def test_a_refusal_that_would_end_by_itself_does_not_hide_it(sink: Sink) -> None:
    factories.message()
    run()
    LedgerPlace.objects.update(fingerprint="elsewhere")
    pausing.begin(Cause.CREDENTIALS, "535", at=NOW)
    pausing.try_again_now(at=NOW)
    factories.message()
    assert run() == {}
    assert open_cause() == Cause.RESTORED


def forget(settings: Any) -> None:
    Redis.from_url(settings.REDIS_URL).delete(guarding._key(str(place().ledger)))


def lose(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize("harm", [forget, lose], ids=["emptied", "away"])
def test_a_valkey_that_can_say_nothing_is_no_reason_to_pause(
    sink: Sink, settings: Any, harm: Callable[[Any], None]
) -> None:
    factories.message()
    factories.message()
    run()
    LedgerPlace.objects.update(handed_over=0)
    factories.message()
    harm(settings)
    assert run() == {"sent": 1}


def test_an_older_count_does_not_lower_what_valkey_knows() -> None:
    guarding._raise_mark("test-of-the-mark", 7)
    guarding._raise_mark("test-of-the-mark", 5)
    assert guarding._mark("test-of-the-mark") == 7


def test_an_ordinary_role_may_ask_and_one_that_may_not_still_tells_databases_apart() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE ledger_reader LOGIN")
        cursor.execute("SET ROLE ledger_reader")
        asked = guarding.fingerprint()
        cursor.execute("RESET ROLE")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
        guarding._askable.cache_clear()
        try:
            cursor.execute("SET ROLE ledger_reader")
            number, system, timeline = guarding.fingerprint().split(":")
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO public")
            cursor.execute("DROP ROLE ledger_reader")
            guarding._askable.cache_clear()
    assert asked == guarding.fingerprint()
    assert (number, system) == (asked.split(":")[0], "?")
    assert timeline == asked.split(":")[2]


@contextmanager
def restored_copy() -> Iterator[str]:
    """The database of this test, dumped and restored under another name by PostgreSQL's own programs."""
    here = connection.settings_dict
    name = f"{here['NAME']}_restored"
    programs = postgres_programs(server_account(None))
    server = ["-h", str(here["HOST"]), "-U", str(here["USER"])]
    dump = subprocess.run([programs / "pg_dump", *server, str(here["NAME"])], capture_output=True, check=True)
    subprocess.run([programs / "createdb", *server, name], check=True)
    try:
        subprocess.run([programs / "psql", *server, "-q", "-d", name], input=dump.stdout, check=True)
        yield name
    finally:
        subprocess.run([programs / "dropdb", *server, "--force", name], check=True)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.mark.processes
def test_a_real_dump_that_is_restored_sends_nothing_until_it_is_released(sink: Sink, administrator: User) -> None:
    factories.message()
    assert run() == {"sent": 1}
    later = factories.message()
    with restored_copy() as copy:
        assert run() == {"sent": 1}
        with connected_to(copy):
            assert Message.objects.get(pk=later.pk).state == State.PLANNED
            assert run() == {}
            assert open_cause() == Cause.RESTORED
            assert len(sink.mails) == 2
            pausing.start(User.objects.get(pk=administrator.pk), at=NOW)
            assert guarding.doubt(at=NOW) == ""
    assert open_cause() == ""
