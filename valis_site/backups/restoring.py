"""Restoring a back-up: built beside the database in use, checked, and only then put into its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.audit.recording import record
from accounts.models import User
from core.fields import EncryptedTextField
from valis_site.backups.archive import Head, TableLine, check_archive, read_archive
from valis_site.backups.errors import Refused
from valis_site.backups.loading import TableWriter
from valis_site.backups.scratch import connected_by, new_scratch, refuse_if_in_use, without_pool
from valis_site.backups.tables import Table, is_known, tables_at


@dataclass(frozen=True, slots=True)
class Restored:
    """`unreadable` counts stored secrets that none of the field keys here can read."""

    head: Head
    rows: int
    unreadable: int
    replaced: str = ""
    """Where the database that was in use is now; '' if there was none, or nothing was replaced."""

    @property
    def about_keys(self) -> str:
        return (
            f"Stored keys that cannot be read with the VALIS_FIELD_KEYS set here: {self.unreadable}. "
            "Set those of the time of the back-up, or enter the keys again in admin."
        )


def verify(path: Path) -> Restored:
    """Restore it into a database that is thrown away. Raises `Refused`."""
    head = _checked(path)
    with _in_words(), new_scratch() as scratch, connected_by(scratch.settings()):
        return _build(path, head)


def restore(path: Path, *, overwrite: bool) -> Restored:
    """Put the back-up into the place of the database in use, which is kept beside it.

    Raises `Refused`, and then nothing was changed.
    """
    head = _checked(path)
    connection.close()
    with _in_words(), connected_by(without_pool()):
        if not overwrite and somebody_is_there():
            raise Refused("There are people in this database. To replace it all the same, add --yes.")
        refuse_if_in_use()
        with new_scratch() as scratch:
            with connected_by(scratch.settings()):
                built = _build(path, head)
                record("database.restored", actor=None, name=path.name, made_at=head.made_at, rows=built.rows)
            replaced = scratch.take_over()
    return Restored(built.head, built.rows, built.unreadable, replaced)


@contextmanager
def _in_words() -> Iterator[None]:
    """What the database says, without the row or the statement that follows it."""
    try:
        yield
    except DatabaseError as error:
        words = str(error).partition("\n")[0]
        raise Refused(f"The database does not take it: {words}.") from None


def somebody_is_there() -> bool:
    table = User._meta.db_table
    return table in connection.introspection.table_names() and User.objects.exists()


def _checked(path: Path) -> Head:
    head = check_archive(path)
    if not is_known(head.schema):
        raise Refused(
            f"The back-up was made by VALIS {head.version}. Restore it with that version or a later one."
        )
    return head


def _build(path: Path, head: Head) -> Restored:
    MigrationExecutor(connection).migrate(head.schema)
    try:
        with transaction.atomic():
            rows = _load(path, {table.name: table for table in tables_at(head.schema)})
            connection.check_constraints()
    except DatabaseError as error:
        raise Refused(
            f"This database does not take what is in {path}: {str(error).splitlines()[0]}."
        ) from None
    # What has been added since the back-up was made.
    call_command("migrate", interactive=False, verbosity=0)
    return Restored(head, rows, _unreadable_secrets())


def _load(path: Path, tables: dict[str, Table]) -> int:
    _empty(tables)
    rows = 0
    writer: TableWriter | None = None
    for each in read_archive(path):
        if isinstance(each, TableLine):
            if writer:
                writer.close()
            writer = TableWriter(tables[each.name], each)
        elif writer and isinstance(each, list):
            writer.add(each)
            rows += 1
    if writer:
        writer.close()
    return rows


def _empty(tables: dict[str, Table]) -> None:
    """Migrations may have put rows of their own into the new tables."""
    with connection.cursor() as cursor:
        for name in map(connection.ops.quote_name, tables):
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name})")  # noqa: S608  # nosec B608
            if cursor.fetchone()[0]:  # the audit log refuses to be emptied, even where nothing is in it
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608  # nosec B608


def _unreadable_secrets() -> int:
    columns = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]
    return sum(
        not secret
        for model, name in columns
        for secret in model._base_manager.exclude(**{name: ""}).values_list(name, flat=True)
    )
