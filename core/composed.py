"""Statements of the hot path: the ORM composes them once, and only values are filled in afterwards.

Composing takes the ORM five to ten times as long as the database takes to answer. What varies is written
as `given("name")` where the value would stand, and given by this name with each call.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery

Row = TypeVar("Row", bound=Model)

_PLACE = re.compile("%[%s]")
_PLAIN = re.compile("[a-z_]+")


class _Given(Expression):
    def __init__(self, name: str, field: Any = None) -> None:
        super().__init__(output_field=field)
        self.name = name
        self._prepared_by = field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value_of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        return self._prepared_by.get_db_prep_save(value, connection) if self._prepared_by else value


def given(name: str, field: Any = None) -> Any:
    """Stands for a value. One that drivers do not take as it is (JSON, UUID, time) needs its field."""
    return _Given(name, field)


def _written_out(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    """Plain constants as part of the statement: SQLite would plan it anew with each call, for an index that
    holds only some rows may or may not do, depending on the value.
    """
    left: list[Any] = []
    following = iter(params)

    def written(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return place[0]
        value = next(following)
        if type(value) is int:
            return str(value)
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            return f"'{value}'"
        left.append(value)
        return place[0]

    return _PLACE.sub(written, sql), left


def _filled(params: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    return [each.value_of(values) if isinstance(each, _Given) else each for each in params]


class Rows(Generic[Row]):
    """The rows of a queryset with all their columns, and with what it follows by `select_related`."""

    def __init__(self, rows: Callable[[], QuerySet[Row]]) -> None:
        self._rows = rows

    def __call__(self, **values: Any) -> list[Row]:
        composed = self._composed
        with connection.cursor() as cursor:
            cursor.execute(composed.sql, _filled(composed.params, values))
            return [composed.row(each) for each in composed.converted(cursor.fetchall())]

    def one(self, **values: Any) -> Row | None:
        """The one row there can be."""
        return next(iter(self(**values)), None)

    @cached_property
    def _composed(self) -> "_Selection":
        return _Selection(self._rows())


class _Selection:
    def __init__(self, rows: QuerySet[Any]) -> None:
        self._compiler = compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.params = _written_out(*compiler.as_sql())
        columns = [column for column, *_ in compiler.select]
        self._converters = compiler.get_converters(columns)
        self._annotations = compiler.annotation_col_map
        if not (info := compiler.klass_info):
            return
        self._model = info["model"]
        self._own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self._names = [column.target.attname for column in columns[self._own]]
        self._related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # only in Django 6

    def converted(self, fetched: Sequence[Any]) -> Any:
        return self._compiler.apply_converters(fetched, self._converters)

    def row(self, values: Any) -> Any:
        """As `QuerySet` makes its rows."""
        row = self._model.from_db(DEFAULT_DB_ALIAS, self._names, values[self._own])
        for related in self._related:
            related.populate(values, row)
        for name, position in (self._annotations or {}).items():
            setattr(row, name, values[position])
        return row


class Tuples:
    """What `values_list` gives."""

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]]) -> None:
        self._rows = rows

    def __call__(self, **values: Any) -> list[Any]:
        composed = self._composed
        with connection.cursor() as cursor:
            cursor.execute(composed.sql, _filled(composed.params, values))
            return list(composed.converted(cursor.fetchall()))

    @cached_property
    def _composed(self) -> _Selection:
        return _Selection(self._rows())


class Update:
    """`rows().update(**values)`; gives the number of rows. Only for a queryset of one table."""

    def __init__(self, rows: Callable[[], QuerySet[Any]], **values: Any) -> None:
        self._rows = rows
        self._values = values

    def __call__(self, **values: Any) -> int:
        sql, params = self._composed
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(params, values))
            return int(cursor.rowcount)

    @cached_property
    def _composed(self) -> tuple[str, Sequence[Any]]:
        query: Any = self._rows().query.chain(UpdateQuery)
        query.add_update_values(self._values)
        query.clear_ordering(force=True)
        return _written_out(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())


class Insert(Generic[Row]):
    """`row.save(force_insert=True)`, without signals: for models that nobody listens to."""

    def __init__(self, model: type[Row]) -> None:
        self._model = model

    def __call__(self, row: Row) -> Row:
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in self._fields]
        with connection.cursor() as cursor:
            cursor.execute(self._composed, values)
            if self._numbered:
                row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001
        return row

    @cached_property
    def _fields(self) -> "list[Field[Any, Any]]":
        fields = self._model._meta.local_concrete_fields
        return [field for field in fields if field not in self._numbered]

    @cached_property
    def _numbered(self) -> "Sequence[Field[Any, Any]]":
        """The primary key where the database gives it out."""
        return self._model._meta.db_returning_fields

    @cached_property
    def _composed(self) -> str:
        row = self._model(**{field.attname: given(field.attname) for field in self._fields})
        query: Any = InsertQuery(self._model)
        query.insert_values(self._fields, [row], raw=True)
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = self._numbered
        [(sql, _)] = compiler.as_sql()
        return str(sql)
