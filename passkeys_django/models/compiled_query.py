"""Queries that are compiled once, or are so simple that nothing needs to be compiled.

Django compiles a query each time the query runs. For the queries of a login, compiling takes several times as long
as the database needs: a fifth of the whole login. So this module keeps what Django's `ModelIterable` and
`Model.save` make each time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.sql import InsertQuery


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The columns of a row that belong to one object, and the parts of its related objects.

    `attach` sets the object on the one that it belongs to. A related object may be missing: its key is null.
    """

    model: type[Model]
    columns: slice
    attributes: list[str]
    key: int
    attach: Callable[[Model, Model | None], None] | None
    related: list["_Part"]

    def make(self, using: str, row: list[Any]) -> Model | None:
        if row[self.key] is None:
            return None
        made = self.model.from_db(using, self.attributes, row[self.columns])
        for part in self.related:
            part.attach(made, part.make(using, row))  # type: ignore[misc]  # only the first part has none
        return made


@dataclass(frozen=True, kw_only=True)
class _Compiled:
    compiler: Any
    sql: str
    converters: Any
    found: _Part


class CompiledQuery:
    """Finds the one object whose column has a given value, with the related objects that `select_related` names.

    `build` makes the queryset when a database is first asked. Its filter may hold any value: only SQL is kept.
    """

    def __init__(self, build: Callable[[], QuerySet[Any]]) -> None:
        self._build = build
        self._compiled = cache(self._compile)

    def find(self, value: str, *, using: str) -> Any:
        """The object, or None."""
        compiled = self._compiled(using)
        with connections[using].cursor() as cursor:
            cursor.execute(compiled.sql, [value])
            rows = cursor.fetchall()
        for row in compiled.compiler.apply_converters(rows, compiled.converters):
            return compiled.found.make(using, row)
        return None

    def _compile(self, using: str) -> _Compiled:
        compiler = self._build().using(using).query.get_compiler(using)
        sql, _params = compiler.as_sql()
        select, info = compiler.select, compiler.klass_info
        return _Compiled(
            compiler=compiler,
            sql=sql,
            converters=compiler.get_converters([expression for expression, *_ in select]),
            found=_part(info, select),
        )


def _part(info: dict[str, Any], select: Any) -> _Part:
    columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
    attributes = [expression.target.attname for expression, *_ in select[columns]]
    return _Part(
        model=info["model"],
        columns=columns,
        attributes=attributes,
        key=columns.start + attributes.index(info["model"]._meta.pk.attname),
        attach=info.get("local_setter"),
        related=[_part(each, select) for each in info.get("related_klass_infos", [])],
    )


class CompiledInsert:
    """Inserts a new row whose key the database makes. The signals `pre_save` and `post_save` are not sent."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._fields: list[Any] = [field for field in model._meta.local_concrete_fields if not field.primary_key]
        self._compiled = cache(self._compile)

    def insert(self, row: Model, *, using: str) -> None:
        connection = connections[using]
        values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in self._fields]
        with connection.cursor() as cursor:
            cursor.execute(self._compiled(using), values)

    def _compile(self, using: str) -> str:
        query: Any = InsertQuery(self._model)
        query.insert_values(self._fields, [self._model()])
        ((sql, _params),) = query.get_compiler(using).as_sql()
        return str(sql)


def update_if_unchanged(row: Model, changes: Mapping[str, Any], *, compared: str, using: str) -> bool:
    """Update the stored row, if its field `compared` still has the value in `row`. Was the row updated?

    `changes` are values by field name. The object `row` is not changed. The signals `pre_save` and `post_save` are
    not sent.
    """
    connection, pk = connections[using], row._meta.pk
    sql, fields = _update(type(row), tuple(changes), (pk.name, compared), using)
    values = (*changes.values(), row.pk, getattr(row, compared))
    parameters = [field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return bool(cursor.rowcount == 1)


@cache
def _update(
    model: type[Model], changed: tuple[str, ...], compared: tuple[str, ...], using: str
) -> tuple[str, list[Any]]:
    """The statement, and the fields of its parameters."""
    quote, meta = connections[using].ops.quote_name, model._meta
    fields: list[Any] = [meta.get_field(name) for name in (*changed, *compared)]
    equations = [f"{quote(field.column)} = %s" for field in fields]
    assignments, conditions = ", ".join(equations[: len(changed)]), " AND ".join(equations[len(changed) :])
    return f"UPDATE {quote(meta.db_table)} SET {assignments} WHERE {conditions}", fields  # noqa: S608  # names only
