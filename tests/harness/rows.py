"""The rows VALIS has stored, read beside it, whichever database they are in."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


class Rows(Protocol):
    """Statements name their values `%s`."""

    def select(self, statements: Sequence[str], values: Sequence[object]) -> list[list[Row]]:
        """What each statement finds, with the same values, all as one moment sees them."""

    def change(self, statement: str, values: Sequence[object] = ()) -> None: ...


@contextmanager
def database(data: Path, *, is_writable: bool = False) -> Iterator[sqlite3.Connection]:
    """The SQLite file of an embedded VALIS."""
    mode = "rw" if is_writable else "ro"
    address = f"file:{data / 'valis.sqlite3'}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
        connection.commit()


class SQLiteFile:
    def __init__(self, data: Path) -> None:
        self.data = data

    def select(self, statements: Sequence[str], values: Sequence[object]) -> list[list[Row]]:
        with database(self.data) as connection:
            connection.execute("BEGIN")
            return [
                [dict(row) for row in connection.execute(each.replace("%s", "?"), values)]
                for each in statements
            ]

    def change(self, statement: str, values: Sequence[object] = ()) -> None:
        with database(self.data, is_writable=True) as connection:
            connection.execute(statement.replace("%s", "?"), values)


class PostgresDatabase:
    def __init__(self, address: str) -> None:
        self.address = address

    def select(self, statements: Sequence[str], values: Sequence[object]) -> list[list[Row]]:
        with psycopg.connect(self.address, row_factory=dict_row) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return [connection.execute(each.encode(), values).fetchall() for each in statements]

    def change(self, statement: str, values: Sequence[object] = ()) -> None:
        with psycopg.connect(self.address) as connection:
            connection.execute(statement.encode(), values)


def rows_in(place: Path | str) -> Rows:
    """`place` is the data folder of an embedded VALIS, or the address of a PostgreSQL database."""
    if isinstance(place, str):
        return PostgresDatabase(place)
    return SQLiteFile(place)
