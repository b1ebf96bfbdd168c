"""A database beside the one in use, which a back-up is restored into: thrown away, or put into its place.

For SQLite a file beside the other one; for PostgreSQL a schema in the same database.
"""

import copy
import os
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from valis_site.backups.errors import Refused

_GOING_SECONDS = 3.0


def without_pool() -> dict[str, Any]:
    """Settings for a single connection to the database in use: all others are somebody else's then."""
    settings = copy.deepcopy(connection.settings_dict)
    settings["OPTIONS"].pop("pool", None)
    return settings


@contextmanager
def connected_by(settings: dict[str, Any]) -> Iterator[None]:
    """Until its end, a connection of these settings is the one that everything uses."""
    usual = connections["default"]
    new: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    connections["default"] = new
    try:
        yield
    finally:
        new.close()
        connections["default"] = usual


class Scratch(ABC):
    @abstractmethod
    def make(self) -> None: ...

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Of its connection."""

    @abstractmethod
    def take_over(self) -> str:
        """Put it into the place of the database in use, at once or not at all. Gives where that is now.

        Raises `Refused` when somebody else uses the database.
        """

    @abstractmethod
    def drop(self) -> None:
        """Nothing happens if it is gone already."""


class FileScratch(Scratch):
    def __init__(self) -> None:
        self._used = Path(connection.settings_dict["NAME"])
        self._path = self._used.with_name(f"{self._used.name}.restoring-{os.getpid()}")

    def make(self) -> None:
        self._used.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))

    def settings(self) -> dict[str, Any]:
        return without_pool() | {"NAME": str(self._path)}

    def take_over(self) -> str:
        is_empty = not connection.introspection.table_names()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        if self._used.with_name(f"{self._used.name}-wal").exists():
            raise Refused("Another process has the database open. Stop VALIS first.")
        kept = self._used.with_name(f"{self._used.name}.{_before()}")
        if not is_empty:
            kept.hardlink_to(self._used)
        self._path.replace(self._used)
        return "" if is_empty else str(kept)

    def drop(self) -> None:
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)


class SchemaScratch(Scratch):
    def __init__(self) -> None:
        self._name = f"valis_restoring_{secrets.token_hex(4)}"

    def make(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{self._name}"')

    def settings(self) -> dict[str, Any]:
        settings = without_pool()
        options = settings["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c search_path={self._name}".strip()
        return settings

    def take_over(self) -> str:
        refuse_if_in_use()
        quote = connection.ops.quote_name
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            used = cursor.fetchone()[0]
            kept = f"valis_{_before()}".replace("-", "_")
            cursor.execute(f"ALTER SCHEMA {quote(used)} RENAME TO {quote(kept)}")
            cursor.execute(f"ALTER SCHEMA {quote(self._name)} RENAME TO {quote(used)}")
        return f"the schema {kept}"

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{self._name}" CASCADE')


@contextmanager
def new_scratch() -> Iterator[Scratch]:
    scratch: Scratch = SchemaScratch() if connection.vendor == "postgresql" else FileScratch()
    try:
        scratch.make()
        yield scratch
    finally:
        scratch.drop()


def refuse_if_in_use() -> None:
    """Raises `Refused`. On SQLite the lock on the data folder has told that nobody else is there."""
    if connection.vendor != "postgresql":
        return
    ends_at = time.monotonic() + _GOING_SECONDS  # for a connection that has just been closed
    while others := _other_connections():
        if time.monotonic() > ends_at:
            raise Refused(f"{others} other connections use the database. Stop VALIS first.")
        time.sleep(0.05)


def _other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def _before() -> str:
    return time.strftime("before-%Y%m%dT%H%M%S", time.gmtime()).lower()
