"""What the ORM does not do, or not cheaply."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from zlib import crc32

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def row_or_none(rows: QuerySet[Row]) -> Row | None:
    """The one row there can be. `first` sorts as well, which takes the ORM half as long again."""
    return next(iter(rows.order_by()[:1]), None)


class AnyRow:
    """Whether there is a row, by a statement that is composed once: that takes the ORM far longer than
    the database takes to answer.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any]]) -> None:
        self._composed = lru_cache(maxsize=1)(lambda: rows().query.exists().sql_with_params())

    def __call__(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(*self._composed())
            return cursor.fetchone() is not None


def in_single_file(name: str) -> None:
    """From here to the end of the transaction nobody else is past the same call.

    SQLite's transactions are one after the other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [crc32(name.encode())])
