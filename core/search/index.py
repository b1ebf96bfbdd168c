"""The full-text index of an app's texts.

It follows from the tables, so no migration and no back-up holds it: after `migrate` it is made anew where
a part of it is missing, as after a restore.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

from core.search import postgresql, sqlite
from core.search.tables import Searched

Found = TypeVar("Found", bound=Model)


class Index(Protocol):
    """What a database offers."""

    def is_whole(self, connection: BaseDatabaseWrapper) -> bool: ...

    def make(self, connection: BaseDatabaseWrapper) -> None:
        """Make it anew from what is stored, and keep it in step from then on."""

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        """Take away what would be in the way of changing the tables."""

    def matching(self, rows: QuerySet[Found], searched: Searched, words: list[str]) -> QuerySet[Found]:
        """Those of the rows that hold the words, the newest first."""

    def hits(self, searched: Searched, words: int, *, most: int) -> str:
        """A query of `id` and `hit` (which word it was) of the newest rows with each of so many words."""

    def sought(self, words: Sequence[str], *, scopes: Sequence[str]) -> list[Any]:
        """The parameters of that query."""


class FullText:
    """The index of some tables, which the app of their models connects with `migrate`."""

    def __init__(self, *tables: Searched) -> None:
        self._tables = {each.table: each for each in tables}
        self._indexes: dict[str, Index] = {
            "sqlite": sqlite.Fts5Index(tables),
            "postgresql": postgresql.GinIndex(tables),
        }

    def matching(self, rows: QuerySet[Found], words: list[str]) -> QuerySet[Found]:
        searched = self._tables[rows.model._meta.db_table]
        return self._indexes[connections[rows.db].vendor].matching(rows, searched, words)

    def hits(self, vendor: str, table: str, words: int, *, most: int) -> str:
        return self._indexes[vendor].hits(self._tables[table], words, most=most)

    def sought(self, vendor: str, words: Sequence[str], *, scopes: Sequence[str]) -> list[Any]:
        return self._indexes[vendor].sought(words, scopes=scopes)

    def loosen_before_migrating(self, *, using: str, plan: list[object], **_: object) -> None:
        """SQLite makes a changed table anew, which triggers that name it do not survive."""
        if plan:
            self._indexes[connections[using].vendor].loosen(connections[using])

    def make_after_migrating(self, *, using: str, **_: object) -> None:
        connection = connections[using]
        index = self._indexes[connection.vendor]
        there = set(connection.introspection.table_names())
        if there.issuperset(self._tables) and not index.is_whole(connection):
            index.make(connection)
