"""Statements the database plans once a session."""

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import Team
from retention_crm.lib.prepared import Prepared

pytestmark = pytest.mark.django_db(transaction=True)


def rename() -> Prepared:
    sql = "UPDATE accounts_team SET name = %(name)s WHERE name = %(was)s AND %(name)s <> %(was)s"
    return Prepared(sql, "was text, name text")


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'retention_%'")
        (number,) = cursor.fetchone()
        return int(number)


@pytest.fixture(autouse=True)
def session() -> None:
    connection.close()
    Team.objects.create(name="North")


def test_it_says_how_many_rows_it_reached_and_is_prepared_once() -> None:
    statement = rename()
    assert statement.run({"was": "North", "name": "N'o\"r%th"}) == 1
    assert statement.run({"was": "North", "name": "South"}) == 0
    assert (Team.objects.get().name, prepared()) == ("N'o\"r%th", 1)


def test_a_new_session_prepares_it_anew() -> None:
    statement = rename()
    statement.run({"was": "North", "name": "South"})
    connection.close()
    assert statement.run({"was": "South", "name": "North"}) == 1
    assert prepared() == 1


def test_a_session_that_was_exchanged_by_a_pooler_is_no_obstacle() -> None:
    statement = rename()
    statement.run({"was": "North", "name": "South"})
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert statement.run({"was": "South", "name": "East"}) == 1
    assert statement.run({"was": "East", "name": "West"}) == 1
    assert prepared() == 0


def test_a_session_in_which_another_process_prepared_it_is_no_obstacle() -> None:
    rename().run({"was": "North", "name": "South"})
    assert rename().run({"was": "South", "name": "East"}) == 1


def test_other_errors_are_errors() -> None:
    statement = Prepared("UPDATE accounts_nowhere SET name = %(name)s", "name text")
    with pytest.raises(ProgrammingError):
        statement.run({"name": "x"})


def test_in_a_transaction_it_is_part_of_it() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert rename().run({"was": "North", "name": "South"}) == 1
        assert prepared() == 1
        raise ZeroDivisionError
    assert Team.objects.get().name == "North"


def test_an_exchanged_session_does_not_cost_the_rest_of_the_transaction() -> None:
    statement = rename()
    statement.run({"was": "North", "name": "South"})
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with transaction.atomic():
        Team.objects.create(name="Crew")
        assert statement.run({"was": "South", "name": "East"}) == 1
    assert set(Team.objects.values_list("name", flat=True)) == {"Crew", "East"}
