"""Tables as the applied migrations left them, and their rows in a form that any database takes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import AutoField, Field, Model

from valis_site.backups.errors import Refused

LEFT_OUT = {"django_session"}
"""Whoever has a back-up must not be able to go on with the logins of others."""
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    fields: list["Field[Any, Any]"]

    @property
    def columns(self) -> list[str]:
        return [str(field.column) for field in self.fields]

    @property
    def counter(self) -> str:
        """The column whose numbers the database gives, or ''."""
        return next((str(each.column) for each in self.fields if isinstance(each, AutoField)), "")


def applied_schema() -> list[tuple[str, str]]:
    """The last applied migration of each app. Raises `Refused` if there is none, or one not known here."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations)
    ours = {app for app, _ in loader.graph.nodes}
    if unknown := sorted(f"{app} {name}" for app, name in applied - set(loader.graph.nodes) if app in ours):
        raise Refused(f"The database is newer than this VALIS, which does not know {', '.join(unknown)}.")
    if not applied:
        raise Refused("There are no tables in this database. Is it the right one?")
    return sorted(
        node for node in applied if node in loader.graph.nodes and not _followers(loader, node) & applied
    )


def is_known(schema: list[tuple[str, str]]) -> bool:
    return set(schema) <= set(MigrationLoader(None).graph.nodes)


def tables_at(schema: list[tuple[str, str]]) -> list[Table]:
    """Every table there is after these migrations, but those that are left out."""
    models = MigrationLoader(None).project_state(schema).apps.get_models(include_auto_created=True)
    stored = {model._meta.db_table: model for model in models if _is_stored(model)}
    return [Table(name, _fields(model)) for name, model in sorted(stored.items()) if name not in LEFT_OUT]


def read_rows(table: Table) -> Iterator[list[Any]]:
    """Values as Python has them, but what is encrypted stays so and JSON is text."""
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, table.columns))
    readers = [_reader(table.name, field) for field in table.fields]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {quote(table.name)} ORDER BY 1")  # noqa: S608  # nosec B608
        while rows := cursor.fetchmany(_BATCH):
            for row in rows:
                yield [read(value) if read else value for read, value in zip(readers, row, strict=True)]


def _followers(loader: MigrationLoader, node: tuple[str, str]) -> set[tuple[str, str]]:
    return {child.key for child in loader.graph.node_map[node].children if child.key[0] == node[0]}


def _is_stored(model: type[Model]) -> bool:
    options = model._meta
    return options.managed and not options.proxy


def _fields(model: type[Model]) -> list["Field[Any, Any]"]:
    fields = model._meta.local_concrete_fields
    # The key first: rows are read in its order.
    return sorted(fields, key=lambda field: not field.primary_key)


def _reader(table: str, field: "Field[Any, Any]") -> Callable[[Any], Any] | None:
    """The database's own conversion only: that of the field would decrypt."""
    column = field.get_col(table)
    converters = connection.ops.get_db_converters(column)
    if not converters:
        return None

    def read(value: Any) -> Any:
        for convert in converters:
            value = convert(value, column, connection)
        return value

    return read
