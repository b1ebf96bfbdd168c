"""On PostgreSQL: a column with the words of each text, which the database keeps itself, and its index."""

from typing import TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet

Found = TypeVar("Found", bound=Model)
_COLUMN = "searched_words"
_LONGEST = 100_000
"""Of a text, so many characters are searched: a list of words has a limit, and no reply may break it."""
# Letters and digits only, so that addresses and the like fall into words as they do on SQLite.
_WORDS = f"to_tsvector('simple', regexp_replace(left(text, {_LONGEST}), '[^[:alnum:]]+', ' ', 'g'))"
# A reply that is being written is stored every second: its words wait until it has ended.
_STORED = {
    "chat_message": _WORDS,
    "chat_attempt": f"CASE WHEN status = 'streaming' THEN NULL ELSE {_WORDS} END",
}


class GinIndex:
    def is_whole(self, connection: BaseDatabaseWrapper) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ANY(%s)",
                [[f"{table}_search" for table in _STORED]],
            )
            return bool(cursor.fetchone()[0] == len(_STORED))

    def make(self, connection: BaseDatabaseWrapper) -> None:
        with connection.cursor() as cursor:
            for table, words in _STORED.items():
                cursor.execute(
                    f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {_COLUMN} tsvector "
                    f"GENERATED ALWAYS AS ({words}) STORED"
                )
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {table}_search ON {table} USING gin ({_COLUMN})")

    def loosen(self, connection: BaseDatabaseWrapper) -> None:
        """Nothing is in the way."""

    def matching(self, rows: QuerySet[Found], words: list[str]) -> QuerySet[Found]:
        condition = f"{rows.model._meta.db_table}.{_COLUMN} @@ to_tsquery('simple', %s)"
        sought = " & ".join(words) + ":*"
        return rows.extra(where=[condition], params=[sought]).order_by("-pk")  # noqa: S610  # nosec B610
