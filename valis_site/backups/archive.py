"""The file of a back-up: gzip, in it JSON lines.

A head, then for each table a line with its name and columns and a line for each row, then a foot with
the number of rows and the SHA-256 of everything before it. Without a foot that fits, it is no back-up.
"""

import base64
import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils.duration import duration_iso_string

from valis_site.backups.errors import BrokenArchive

FORMAT = 1
_LEVEL = 3  # of gzip: a third of the time of its default, a tenth more bytes


@dataclass(frozen=True, slots=True)
class Head:
    """`schema` names the last migration of each app."""

    version: str
    made_at: str
    database: str
    schema: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TableLine:
    """Begins a table. `last_id` is the highest number that was ever given in it, 0 if it counts none."""

    name: str
    columns: list[str]
    last_id: int


class ArchiveWriter:
    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._table = ""
        self.rows: Counter[str] = Counter()

    def begin(self, head: Head) -> None:
        values = {name: getattr(head, name) for name in Head.__slots__}
        self._write({"valis_backup": FORMAT, **values})

    def begin_table(self, line: TableLine) -> None:
        self._table = line.name
        self.rows[line.name] = 0
        self._write({"table": line.name, "columns": line.columns, "last_id": line.last_id})

    def add(self, row: list[Any]) -> None:
        self.rows[self._table] += 1
        self._write(row)

    def end(self) -> None:
        self._write({"rows": self.rows, "sha256": self._digest.hexdigest()})

    def _write(self, value: Any) -> None:
        line = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """Nothing of that name is there until all of it is on the disk. Only the owner may read it."""
    partial = path.with_name(path.name + ".partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL) as packed:
                yield ArchiveWriter(packed)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_archive(path: Path) -> Iterator[Head | TableLine | list[Any]]:
    """The head, then tables and their rows. Raises `BrokenArchive`, for a wrong foot only at the end."""
    digest = hashlib.sha256()
    rows: Counter[str] = Counter()
    table = ""
    lines = _lines(path)
    for line in lines:
        value = _parsed(path, line)
        if isinstance(value, dict) and "sha256" in value:
            # Read beyond it: the file itself may end too early, or too late.
            if next(lines, b"") or value["sha256"] != digest.hexdigest() or value["rows"] != rows:
                raise BrokenArchive(f"{path} is damaged: its checksum does not fit.")
            return
        digest.update(line)
        if isinstance(value, list):
            rows[table] += 1
            yield value
        elif "table" in value:
            table = value["table"]
            rows[table] = 0
            yield TableLine(table, value["columns"], value["last_id"])
        else:
            yield _head(path, value)
    raise BrokenArchive(f"{path} is not whole: its end is missing.")


def check_archive(path: Path) -> Head:
    """Read all of it. Raises `BrokenArchive`."""
    lines = read_archive(path)
    head = next(lines)
    if not isinstance(head, Head):
        raise _foreign(path)
    for _ in lines:
        pass
    return head


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            yield from file
    except EOFError:
        raise BrokenArchive(f"{path} is not whole: its end is missing.") from None
    except OSError as error:
        raise BrokenArchive(f"{path} cannot be read: {error}.") from None
    except ValueError:  # zlib's errors
        raise BrokenArchive(f"{path} is damaged.") from None


def _parsed(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise BrokenArchive(f"{path} is damaged.") from None


def _head(path: Path, value: Any) -> Head:
    if value.get("valis_backup") != FORMAT:
        raise _foreign(path)
    return Head(
        value["version"], value["made_at"], value["database"], [(app, name) for app, name in value["schema"]]
    )


def _foreign(path: Path) -> BrokenArchive:
    return BrokenArchive(f"{path} is no back-up that this version of VALIS knows.")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return str(value)  # UUID, Decimal
