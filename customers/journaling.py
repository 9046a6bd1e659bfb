"""Changing rows so that it can be undone: each statement writes down which rows it was about, in the same statement.

Played backwards, what was moved goes back, what is gone comes back with its id, and what was changed becomes what it
was. What somebody changed since stays as it is, and is told.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CASCADE, ForeignKey, Model, QuerySet

from customers.models import Contact, Customer, Merge, Step, Trashed

_NOTE = "INSERT INTO customers_step (merge_id, trashed_id, how, model, field, former, latter, pks, rows)"
# Computed from other rows, and computed anew after everything.
_COMPUTED = {"last_touchpoint_at", "last_touchpoint_on", "next_due_on", "risk_stale_since", "search_key"}
# There is one main contact at most, also if somebody made it another one since.
_NO_OTHER_PRIMARY = (
    " AND NOT EXISTS (SELECT FROM customers_contact o"
    " WHERE o.customer_id = t.customer_id AND o.is_primary AND o.id <> t.id)"
)


@dataclass(frozen=True)
class Stayed:
    """What was not undone because somebody changed it since: a field of a row, or so many rows that were moved."""

    model: type[Model]
    field: str
    number: int = 1


@dataclass(frozen=True)
class Journal:
    """Does things to rows, and keeps what it did under a merge or something in the trash."""

    of: Merge | Trashed

    def move(self, rows: QuerySet[Any], field: str, *, frm: int, to: int | None) -> None:
        """A foreign key of these rows names another row from now on, where it names `frm`."""
        column = _column(rows.model, field)
        chosen, parameters = _ids(rows)
        table, key = _names(rows.model)
        self._run(
            f"WITH done AS (UPDATE {table} SET {column} = %s WHERE {column} = %s AND {key} IN ({chosen}) RETURNING {key} AS pk)"  # noqa: S608, E501 - only names of the models
            f" {_NOTE} SELECT %s, %s, 'moved', %s, %s, %s, %s, array_agg(pk ORDER BY pk), NULL FROM done"
            " HAVING count(*) > 0",
            [to, frm, *parameters, *self._owner(), rows.model._meta.label, field, frm, to],
        )

    def clear(self, rows: QuerySet[Any], field: str) -> None:
        """A foreign key of these rows names nothing from now on."""
        column = _column(rows.model, field)
        chosen, parameters = _ids(rows)
        table, key = _names(rows.model)
        self._run(
            f"WITH old AS (SELECT {key} AS pk, {column} AS former FROM {table} WHERE {key} IN ({chosen}) AND {column} IS NOT NULL),"  # noqa: S608, E501
            f" done AS (UPDATE {table} t SET {column} = NULL FROM old WHERE t.{key} = old.pk RETURNING pk, former)"
            f" {_NOTE} SELECT %s, %s, 'cleared', %s, %s, NULL, NULL, array_agg(pk ORDER BY pk),"
            " jsonb_agg(former ORDER BY pk) FROM done HAVING count(*) > 0",
            [*parameters, *self._owner(), rows.model._meta.label, field],
        )

    def delete(self, rows: QuerySet[Any]) -> None:
        """These rows are gone; nothing may belong to them any more when the transaction ends."""
        chosen, parameters = _ids(rows)
        table, key = _names(rows.model)
        self._run(
            f"WITH done AS (DELETE FROM {table} AS t WHERE {key} IN ({chosen}) RETURNING t.{key} AS pk, to_jsonb(t) AS row)"  # noqa: S608, E501
            f" {_NOTE} SELECT %s, %s, 'gone', %s, '', NULL, NULL, array_agg(pk ORDER BY pk), jsonb_agg(row ORDER BY pk)"
            " FROM done HAVING count(*) > 0",
            [*parameters, *self._owner(), rows.model._meta.label],
        )

    @contextmanager
    def changing(self, rows: QuerySet[Any]) -> Iterator[None]:
        """What becomes another in these few rows meanwhile is kept, before and after."""
        pks = list(rows.values_list("pk", flat=True))
        before = _as_json(rows.model, pks)
        yield
        after = _as_json(rows.model, pks)
        changed: list[dict[str, Any]] = [
            {"pk": pk, "before": {name: before[pk][name] for name in differing}, "after": differing}
            for pk in before.keys() & after.keys()
            if (differing := _differing(before[pk], after[pk]))
        ]
        if changed:
            label = rows.model._meta.label
            self._keep(Step(how=Step.How.CHANGED, model=label, pks=[row["pk"] for row in changed], rows=changed))

    def made(self, model: type[Model], pks: Iterable[int]) -> None:
        """These rows came with it, and go when it is undone."""
        if found := list(pks):
            self._keep(Step(how=Step.How.MADE, model=model._meta.label, pks=found))

    def stopped(self, model: type[Model], rows: list[dict[str, Any]]) -> None:
        """These waited for something and do not any more; `rows` say what they were before."""
        if rows:
            pks = [row["pk"] for row in rows]
            self._keep(Step(how=Step.How.STOPPED, model=model._meta.label, pks=pks, rows=rows))

    def _keep(self, step: Step) -> None:
        step.merge_id, step.trashed_id = self._owner()
        step.save()

    def _owner(self) -> tuple[int | None, int | None]:
        return (self.of.pk, None) if isinstance(self.of, Merge) else (None, self.of.pk)

    @staticmethod
    def _run(statement: str, parameters: list[Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)


def play_back(steps: Iterable[Step]) -> list[Stayed]:
    """Undoes these steps, the last first; returns what stays because somebody changed it since."""
    stayed: list[Stayed] = []
    for step in sorted(steps, key=lambda step: step.pk, reverse=True):
        match step.how:
            case Step.How.MOVED:
                stayed += _move_back(step)
            case Step.How.CLEARED:
                _name_again(step)
            case Step.How.GONE:
                _bring_back(step)
            case Step.How.CHANGED:
                stayed += _change_back(step)
            case Step.How.MADE:
                _model(step)._base_manager.filter(pk__in=step.pks).delete()
    return stayed


def _move_back(step: Step) -> list[Stayed]:
    model, column = _model(step), _column(_model(step), step.field)
    table, key = _names(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = %s WHERE {key} = ANY(%s) AND {column} IS NOT DISTINCT FROM %s",  # noqa: S608
            [step.former, step.pks, step.latter],
        )
        moved = cursor.rowcount
    elsewhere = model._base_manager.filter(pk__in=step.pks).exclude(**{f"{step.field}_id": step.former}).count()
    return [Stayed(model, step.field, elsewhere)] if elsewhere and moved < len(step.pks) else []


def _name_again(step: Step) -> None:
    """What names nothing names again what it named, if that is there."""
    model, field = _model(step), _model(step)._meta.get_field(step.field)
    (table, key), (other, other_key) = _names(model), _names(field.related_model)
    column = _column(model, step.field)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {column} = o.{other_key}"  # noqa: S608
            " FROM customers_step s CROSS JOIN LATERAL"
            " (SELECT u.pk, (s.rows->>(u.place::int - 1))::bigint AS former"
            " FROM unnest(s.pks) WITH ORDINALITY AS u (pk, place)) kept"
            f" JOIN {other} o ON o.{other_key} = kept.former"
            f" WHERE s.id = %s AND t.{key} = kept.pk AND t.{column} IS NULL",
            [step.pk],
        )


def _bring_back(step: Step) -> None:
    """Inserts the rows as they were; what they name and is gone they do not name, or do not come back without."""
    model = _model(step)
    table, _key = _names(model)
    fields = _columns_kept(step, model)
    values = {field.column: _value(field) for field in fields}
    needed = [values[field.column] for field in fields if isinstance(field, ForeignKey) and not field.null]
    condition = " AND ".join(["true", *(f"{value} IS NOT NULL" for value in needed)])
    names = ", ".join(values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())}"  # noqa: S608
            f" FROM customers_step s CROSS JOIN LATERAL jsonb_populate_recordset(NULL::{table}, s.rows) r"
            f" WHERE s.id = %s AND {condition} ON CONFLICT DO NOTHING",
            [step.pk],
        )


def _columns_kept(step: Step, model: type[Model]) -> list[Any]:
    """The columns the table has and the kept rows have a value for."""
    kept = set(step.rows[0]) if step.rows else set()
    fields = model._meta.local_concrete_fields
    return [field for field in fields if not getattr(field, "generated", False) and field.column in kept]


def _belongs(field: Any) -> bool:
    return bool(field.remote_field.on_delete is CASCADE)


def _value(field: Any) -> str:
    """In SQL, what a row gets for a column: of a customer or contact that was merged since, the one that stays."""
    column = f"r.{field.column}"
    if field.model is Contact and field.column == "is_primary":
        return (
            f"{column} AND NOT EXISTS (SELECT FROM customers_contact o"
            " WHERE o.customer_id = r.customer_id AND o.is_primary)"
        )
    if field.model is Customer and field.column == "external_key":
        return f"(SELECT {column} WHERE NOT EXISTS (SELECT FROM customers_customer o WHERE o.external_key = {column}))"  # noqa: S608
    # Rows of one table that belong to each other come back together.
    if not isinstance(field, ForeignKey) or (field.related_model is field.model and _belongs(field)):
        return column
    table, key = _names(field.related_model)
    there = f"(SELECT o.{key} FROM {table} o WHERE o.{key} = {column})"  # noqa: S608
    if field.related_model not in (Customer, Contact):
        return there
    name, other = ("contact_id", "NOT NULL") if field.related_model is Contact else ("customer_id", "NULL")
    merged = (
        f"(SELECT m.{name} FROM customers_merge m"  # noqa: S608
        f" WHERE m.former_pk = {column} AND m.contact_id IS {other} AND m.undone_at IS NULL)"
    )
    return f"coalesce({there}, {merged})"


def _change_back(step: Step) -> list[Stayed]:
    model = _model(step)
    table, key = _names(model)
    stayed = []
    with connection.cursor() as cursor:
        for row in step.rows or ():
            for column, before in row["before"].items():
                unless = _NO_OTHER_PRIMARY if column == "is_primary" and before else ""
                values = {"pk": row["pk"], "before": json.dumps({column: before})}
                cursor.execute(
                    f"UPDATE {table} t SET {column} = (jsonb_populate_record(NULL::{table}, %(before)s)).{column}"  # noqa: S608
                    f" WHERE t.{key} = %(pk)s AND to_jsonb(t)->%(column)s = %(after)s::jsonb{unless}",
                    values | {"column": column, "after": json.dumps(row["after"][column])},
                )
                if not cursor.rowcount:
                    stayed.append(Stayed(model, _field_name(model, column)))
    return stayed


def _as_json(model: type[Model], pks: list[int]) -> dict[int, dict[str, Any]]:
    table, key = _names(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t.{key}, to_jsonb(t)::text FROM {table} t WHERE t.{key} = ANY(%s)", [pks])  # noqa: S608
        return {pk: json.loads(row) for pk, row in cursor.fetchall()}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after.items() if name not in _COMPUTED and before[name] != value}


def _model(step: Step) -> type[Model]:
    return apps.get_model(step.model)


def _names(model: Any) -> tuple[str, str]:
    return model._meta.db_table, model._meta.pk.column


def _column(model: type[Model], field: str) -> str:
    return str(model._meta.get_field(field).column)  # type: ignore[union-attr]


def _field_name(model: type[Model], column: str) -> str:
    return next((field.name for field in model._meta.local_concrete_fields if field.column == column), column)


def _ids(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        statement, parameters = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint", ()
    return statement, tuple(parameters)
