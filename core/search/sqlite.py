"""On SQLite: tables of FTS5, which triggers keep in step.

They hold the texts a second time: that costs space, and nothing can make them differ for ever.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

from core.search.tables import Searched

Found = TypeVar("Found", bound=Model)


class Fts5Index:
    def __init__(self, tables: Sequence[Searched]) -> None:
        self._tables = tables

    def is_whole(self, connection: BaseDatabaseWrapper) -> bool:
        names = [name for each in self._tables for name in (each.index, *_triggers(each))]
        places = ", ".join(["%s"] * len(names))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN ({places})", names)  # noqa: S608  # nosec B608
            return bool(cursor.fetchone()[0] == len(names))

    def make(self, connection: BaseDatabaseWrapper) -> None:
        self.loosen(connection)
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            for each in self._tables:
                cursor.execute(f"DROP TABLE IF EXISTS {each.index}")
                try:
                    cursor.execute(_create(each))
                except OperationalError as error:
                    raise ImproperlyConfigured(
                        "The SQLite of this Python has no FTS5, which search needs."
                    ) from error
                cursor.execute(_insert(each, "row", f"FROM {each.table} AS row"))
                for trigger in _triggers(each).values():
                    cursor.execute(trigger)

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:
            for each in self._tables:
                for trigger in _triggers(each):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")

    def matching(self, rows: QuerySet[Found], searched: Searched, words: list[str]) -> QuerySet[Found]:
        """The index goes first and backwards, so that nothing is read beyond the page."""
        index = searched.index
        sought = " AND ".join(f'"{word}"' for word in words) + "*"
        return rows.extra(  # noqa: S610  # nosec B610
            tables=[index],
            where=[f"{index} MATCH %s", f"+{index}.rowid = {searched.table}.id"],
            params=[f"text : ({sought})"],
            order_by=[f"-{index}.rowid"],
        )

    def hits(self, searched: Searched, words: int, *, most: int) -> str:
        index = searched.index
        parts = [
            f"SELECT * FROM (SELECT rowid AS id, {place} AS hit FROM {index} WHERE {index} MATCH %s "  # noqa: S608  # nosec B608
            f"ORDER BY rowid DESC LIMIT {most})"
            for place in range(words)
        ]
        return " UNION ALL ".join(parts)

    def sought(self, words: Sequence[str], *, scopes: Sequence[str]) -> list[Any]:
        scope = " OR ".join(f'scope : "{each}"' for each in scopes)
        return [f'({scope}) AND text : "{word}"' for word in words]


def _create(searched: Searched) -> str:
    columns = "scope, text" if searched.scope else "text"
    words = "unicode61 remove_diacritics 0"
    tokens = f"porter {words}" if searched.is_stemmed else words
    return (
        f"CREATE VIRTUAL TABLE {searched.index} USING fts5({columns}, tokenize = '{tokens}', "
        "prefix = '1 2 3')"
    )


def _insert(searched: Searched, row: str, source: str = "") -> str:
    kept = " AND ".join(filter(None, (searched.kept, searched.kept_by_sqlite))).format(row=row)
    columns, values = "rowid, text", f"{row}.id, {row}.text"
    if searched.scope:
        columns, values = f"{columns}, scope", f"{values}, {searched.scope.format(row=row)}"
    return f"INSERT INTO {searched.index} ({columns}) SELECT {values} {source} WHERE {kept}"  # nosec B608


def _triggers(searched: Searched) -> dict[str, str]:
    """Name and statement of each."""
    table, index = searched.table, searched.index
    forget = f"DELETE FROM {index} WHERE rowid = old.id"  # noqa: S608  # nosec B608
    store = _insert(searched, "new")
    what, _, condition = searched.changed.partition(" WHEN ")
    changed = f"{what} ON {table}" + (f" WHEN {condition}" if condition else "")
    steps = {
        "added": (f"INSERT ON {table}", store),
        "changed": (changed, f"{forget}; {store}"),
        "removed": (f"DELETE ON {table}", forget),
    }
    return {
        f"{index}_{name}": f"CREATE TRIGGER {index}_{name} AFTER {when} BEGIN {what}; END"
        for name, (when, what) in steps.items()
    }
