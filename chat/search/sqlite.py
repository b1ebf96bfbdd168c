"""On SQLite: tables of FTS5, which triggers keep in step.

They hold the texts a second time: that costs space, and nothing can make them differ for ever.
"""

from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

Found = TypeVar("Found", bound=Model)
_TABLES = ("chat_message", "chat_attempt")
_KEPT = """EXISTS (SELECT 1 FROM chat_turn JOIN chat_session ON chat_session.id = chat_turn.session_id
    WHERE chat_turn.id = {row}.turn_id AND NOT chat_session.is_transient)"""
_STORED = {
    "chat_message": "{row}.text <> ''",
    "chat_attempt": "{row}.status <> 'streaming' AND {row}.text <> '' AND " + _KEPT,
}
_CHANGED = {
    "chat_message": "UPDATE OF text ON chat_message",
    "chat_attempt": "UPDATE OF text, status ON chat_attempt "
    "WHEN new.status <> 'streaming' OR old.status <> 'streaming'",
}


class Fts5Index:
    def is_whole(self, connection: BaseDatabaseWrapper) -> bool:
        names = [*map(_index, _TABLES), *(trigger for table in _TABLES for trigger in _triggers(table))]
        places = ", ".join(["%s"] * len(names))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN ({places})", names)  # noqa: S608  # nosec B608
            return bool(cursor.fetchone()[0] == len(names))

    def make(self, connection: BaseDatabaseWrapper) -> None:
        self.loosen(connection)
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS {_index(table)}")
                try:
                    cursor.execute(
                        f"CREATE VIRTUAL TABLE {_index(table)} USING fts5(text, "
                        "tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3')"
                    )
                except OperationalError as error:
                    raise ImproperlyConfigured(
                        "The SQLite of this Python has no FTS5, which search needs."
                    ) from error
                cursor.execute(_insert(table, "row", f"FROM {table} AS row"))
                for trigger in _triggers(table).values():
                    cursor.execute(trigger)

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:
            for table in _TABLES:
                for trigger in _triggers(table):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")

    def matching(self, rows: QuerySet[Found], words: list[str]) -> QuerySet[Found]:
        """The index goes first and backwards, so that nothing is read beyond the page."""
        table = rows.model._meta.db_table
        index = _index(table)
        sought = " ".join(f'"{word}"' for word in words) + "*"
        return rows.extra(  # noqa: S610  # nosec B610
            tables=[index],
            where=[f"{index} MATCH %s", f"+{index}.rowid = {table}.id"],
            params=[sought],
            order_by=[f"-{index}.rowid"],
        )


def _index(table: str) -> str:
    return f"{table}_search"


def _insert(table: str, row: str, source: str = "") -> str:
    stored = _STORED[table].format(row=row)
    return f"INSERT INTO {_index(table)} (rowid, text) SELECT {row}.id, {row}.text {source} WHERE {stored}"  # nosec B608


def _triggers(table: str) -> dict[str, str]:
    """Name and statement of each."""
    forget = f"DELETE FROM {_index(table)} WHERE rowid = old.id"  # noqa: S608  # nosec B608
    store = _insert(table, "new")
    steps = {
        "added": (f"INSERT ON {table}", store),
        "changed": (_CHANGED[table], f"{forget}; {store}"),
        "removed": (f"DELETE ON {table}", forget),
    }
    return {
        f"{_index(table)}_{name}": f"CREATE TRIGGER {_index(table)}_{name} AFTER {when} BEGIN {what}; END"
        for name, (when, what) in steps.items()
    }
