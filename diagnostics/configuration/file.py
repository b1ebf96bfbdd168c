"""`.valis_config.json`: the configuration for an editor, for another machine, for version control."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from core.errors import InvalidInput, Unavailable
from diagnostics.configuration.form import Data

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class FileState:
    """What is on the disk. `problem` says why it cannot be read, and where."""

    path: str
    is_there: bool = False
    written_at: datetime | None = None
    data: Data = field(default_factory=dict)
    problem: str = ""


def read_file() -> FileState:
    path: Path = settings.VALIS_CONFIG_FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
            written_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except FileNotFoundError:
        return FileState(str(path))
    except OSError as error:
        return FileState(str(path), is_there=True, problem=f"It cannot be read: {error.strerror}.")
    try:
        data = parsed(content)
    except InvalidInput as error:
        return FileState(str(path), is_there=True, written_at=written_at, problem=error.message)
    return FileState(str(path), is_there=True, written_at=written_at, data=data)


def parsed(content: bytes) -> Data:
    """Raises `InvalidInput` with line and column of the mistake."""
    if len(content) > MAX_BYTES:
        raise _broken(f"It is larger than {MAX_BYTES:,} bytes.")
    try:
        data = json.loads(content.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _broken(f"Line {line}: this is no UTF-8 text.") from None
    except json.JSONDecodeError as error:
        wanted = error.msg[:1].lower() + error.msg[1:]
        raise _broken(f"Line {error.lineno}, column {error.colno}: this is no JSON ({wanted}).") from None
    except RecursionError:
        raise _broken("It is nested too deeply.") from None
    if not isinstance(data, dict):
        raise _broken("It must be a JSON object: {“engine”: {…}, “providers”: {…}}.")
    return data


def _once_each(pairs: list[tuple[str, Any]]) -> Data:
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise _broken(f"The key “{twice[0]}” stands there twice.")
    return dict(pairs)


def _no_constant(word: str) -> Any:
    raise _broken(f"{word} is no number that JSON knows.")


def _broken(message: str) -> InvalidInput:
    return InvalidInput(message, code="configuration_unreadable")


def as_text(data: Data) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def write_file(data: Data) -> None:
    """In one step, so that nobody ever reads half of it. Raises `Unavailable`."""
    path: Path = settings.VALIS_CONFIG_FILE
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(as_text(data))
        beside.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.") from None
