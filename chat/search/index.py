"""The full-text index: one for what people said, one for what was replied.

It follows from the tables, so no migration and no back-up holds it: after `migrate` it is made anew where
a part of it is missing, as after a restore.
"""

from typing import Protocol, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

from chat.search import postgresql, sqlite

Found = TypeVar("Found", bound=Model)


class Index(Protocol):
    """What a database offers."""

    def is_whole(self, connection: BaseDatabaseWrapper) -> bool: ...

    def make(self, connection: BaseDatabaseWrapper) -> None:
        """Make it anew from what is stored, and keep it in step from then on."""

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        """Take away what would be in the way of changing the tables."""

    def matching(self, rows: QuerySet[Found], words: list[str]) -> QuerySet[Found]:
        """Those of the messages or attempts that hold the words, the newest first."""


_INDEXES: dict[str, Index] = {"sqlite": sqlite.Fts5Index(), "postgresql": postgresql.GinIndex()}


def matching(rows: QuerySet[Found], words: list[str]) -> QuerySet[Found]:
    return _INDEXES[connections[rows.db].vendor].matching(rows, words)


def loosen_before_migrating(*, using: str, plan: list[object], **_: object) -> None:
    """SQLite makes a changed table anew, which triggers that name it do not survive."""
    if plan:
        _INDEXES[connections[using].vendor].loosen(connections[using])


def make_after_migrating(*, using: str, **_: object) -> None:
    connection = connections[using]
    index = _INDEXES[connection.vendor]
    if "chat_attempt" in connection.introspection.table_names() and not index.is_whole(connection):
        index.make(connection)
