"""The numbers that a database gives to new rows. They go on after a restore: none is given twice."""

from django.db import connection

from valis_site.backups.tables import Table


def read_counter(table: Table) -> int:
    """The highest number given so far; 0 if there was none."""
    if not table.counter:
        return 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT last_value, is_called FROM {_sequence(table)}")  # noqa: S608  # nosec B608
            last, is_called = cursor.fetchone()
            return int(last) if is_called else 0
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table.name])
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def set_counter(table: Table, last: int) -> None:
    if not table.counter:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(%s, %s, %s)", [_sequence(table), max(last, 1), last > 0])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, last])


def _sequence(table: Table) -> str:
    with connection.cursor() as cursor:
        quoted = connection.ops.quote_name(table.name)
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [quoted, table.counter])
        return str(cursor.fetchone()[0])
