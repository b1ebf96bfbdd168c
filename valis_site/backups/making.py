"""Making a back-up while VALIS runs, as one moment sees the database. Nobody waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from valis_site.backups.archive import ArchiveWriter, Head, TableLine, new_archive
from valis_site.backups.counters import read_counter
from valis_site.backups.keeping import name_for
from valis_site.backups.tables import applied_schema, read_rows, tables_at


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    rows: int


def make_backup(folder: Path) -> Made:
    """Raises `Refused`, or `OSError` when it cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_moment():
        head = Head(settings.VALIS_VERSION, timezone.now().isoformat(), connection.vendor, applied_schema())
        path = folder / name_for(timezone.now())
        with new_archive(path) as archive:
            _write_all(archive, head)
    return Made(path, archive.rows.total())


def _write_all(archive: ArchiveWriter, head: Head) -> None:
    archive.begin(head)
    for table in tables_at(head.schema):
        archive.begin_table(TableLine(table.name, table.columns, read_counter(table)))
        for row in read_rows(table):
            archive.add(row)
    archive.end()


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees nothing of what is written meanwhile, and locks nobody out."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        # Django's own transactions on SQLite are for writers.
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
