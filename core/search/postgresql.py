"""On PostgreSQL: a column with the words of each text, which the database keeps itself, and its index."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

from core.search.tables import Searched

Found = TypeVar("Found", bound=Model)
_COLUMN = "searched_words"
_LONGEST = 100_000
"""Of a text, so many characters are searched: a list of words has a limit, and no reply may break it."""


class GinIndex:
    def __init__(self, tables: Sequence[Searched]) -> None:
        self._tables = tables

    def is_whole(self, connection: BaseDatabaseWrapper) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ANY(%s)",
                [[each.index for each in self._tables]],
            )
            return bool(cursor.fetchone()[0] == len(self._tables))

    def make(self, connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:
            for each in self._tables:
                cursor.execute(
                    f"ALTER TABLE {each.table} ADD COLUMN IF NOT EXISTS {_COLUMN} tsvector "
                    f"GENERATED ALWAYS AS ({_words(each)}) STORED"
                )
                # New entries that wait to be sorted in would be read through by every search.
                options = " WITH (fastupdate = off)" if each.is_seldom_written else ""
                cursor.execute(
                    f"CREATE INDEX IF NOT EXISTS {each.index} ON {each.table} USING gin ({_COLUMN}){options}"
                )

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        """Nothing is in the way."""

    def matching(self, rows: QuerySet[Found], searched: Searched, words: list[str]) -> QuerySet[Found]:
        condition = f"{searched.table}.{_COLUMN} @@ to_tsquery('{searched.language}', %s)"
        sought = " & ".join(words) + ":*"
        return rows.extra(where=[condition], params=[sought]).order_by("-pk")  # noqa: S610  # nosec B610

    def hits(self, searched: Searched, words: int, *, most: int) -> str:
        """However many words there are."""
        sought = f"to_tsquery('simple', %s) && to_tsquery('{searched.language}', word)"
        # By the bare number, the planner would walk through the whole table backwards for a rare word.
        newest = (
            f"SELECT id FROM {searched.table} WHERE {_COLUMN} @@ ({sought}) "  # noqa: S608  # nosec B608
            f"ORDER BY id + 0 DESC LIMIT {most}"
        )
        return (
            "SELECT found.id, place - 1 AS hit "  # noqa: S608  # nosec B608
            "FROM unnest(%s::text[]) WITH ORDINALITY AS sought(word, place), "
            f"LATERAL ({newest}) AS found"
        )

    def sought(self, words: Sequence[str], *, scopes: Sequence[str]) -> list[Any]:
        return [list(words), " | ".join(scopes)]


def _words(searched: Searched) -> str:
    """Letters and digits only, so that addresses and the like fall into words as they do on SQLite.

    Of a row that is not kept, nothing.
    """
    text = f"regexp_replace(left(text, {_LONGEST}), '[^[:alnum:]]+', ' ', 'g')"
    words = f"to_tsvector('{searched.language}', {text})"
    if searched.scope:
        words = f"to_tsvector('simple', {_plain(searched.scope)}) || {words}"
    return f"CASE WHEN {_plain(searched.kept)} THEN {words} END"


def _plain(sql: str) -> str:
    return sql.replace("{row}.", "")
