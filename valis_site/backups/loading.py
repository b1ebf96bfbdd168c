"""Rows of a back-up into a new table, in batches."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from valis_site.backups.archive import TableLine
from valis_site.backups.counters import set_counter
from valis_site.backups.tables import Table

_BATCH = 2000
_WRITTEN_AS_TEXT = {
    *("BinaryField", "DateField", "DateTimeField", "DecimalField", "DurationField", "TimeField", "UUIDField"),
}


class TableWriter:
    """`add` each row as the archive gives it, then `close`."""

    def __init__(self, table: Table, line: TableLine) -> None:
        self._table, self._line = table, line
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, line.columns))
        self._into = f"{quote(table.name)} ({names})"
        fields = {str(field.column): field for field in table.fields}
        self._conversions = [_conversion(fields[column]) for column in line.columns]
        self._rows: list[list[Any]] = []

    def add(self, row: list[Any]) -> None:
        converted = [
            convert(value) if convert and value is not None else value
            for convert, value in zip(self._conversions, row, strict=True)
        ]
        self._rows.append(converted)
        if len(self._rows) >= _BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        set_counter(self._table, self._line.last_id)

    def _flush(self) -> None:
        if self._rows:
            _insert(self._into, self._rows)
        self._rows = []


def _insert(into: str, rows: list[list[Any]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608  # nosec B608


def _conversion(field: Any) -> Callable[[Any], Any] | None:
    """From JSON to what this database takes; None where that is the same."""
    while field.remote_field:
        field = field.target_field
    if field.get_internal_type() not in _WRITTEN_AS_TEXT:
        return None
    return lambda value: field.get_db_prep_value(field.to_python(value), connection, prepared=True)
