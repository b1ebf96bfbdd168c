"""What one line of the log holds, whoever wrote it: our own code, or a library.

Our own lines are events with fields. A library's line is cut down to what cannot quote anybody: its
first line, with the errors in it by name.
"""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.logs.describing import in_short, traceback_of
from core.logs.redacting import redacted
from core.request_id import known_request_id

Entry = dict[str, Any]
"""`timestamp`, `level`, `logger`, `event`, mostly `request_id`, and the event's own fields."""

LONGEST_VALUE = 300
_PLAIN_SPEAKERS = ("celery", "kombu", "django")
"""Libraries whose arguments are names and addresses."""


def entry_of(record: logging.LogRecord) -> tuple[Entry, BaseException | None]:
    """The line for a record, and the error it tells of. To be called where it was logged."""
    fields = dict(record.msg) if isinstance(record.msg, Mapping) else {"event": _said(record)}
    error = _error_of(fields.pop("exc_info", None) or record.exc_info)
    event = str(fields.pop("event"))
    if error is None and event.startswith("Traceback"):
        error, event = sys.exception(), "an error was met"
    entry: Entry = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": redacted(event),
    }
    if request_id := known_request_id():
        entry["request_id"] = request_id
    entry |= {name: _plain(value) for name, value in fields.items()}
    if error is not None:
        entry["exception"] = traceback_of(error)
    return entry, error


def _said(record: logging.LogRecord) -> str:
    """The message of a plain record, in one line."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    try:
        text = record.msg % _arguments(record) if record.args else record.msg
    except (TypeError, ValueError, KeyError):
        text = record.msg
    return "".join(each if each.isprintable() else " " for each in _first_line(text))


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:LONGEST_VALUE]


def _arguments(record: logging.LogRecord) -> Any:
    is_plain = record.name.partition(".")[0] in _PLAIN_SPEAKERS or is_own(record.name)
    args = record.args
    if isinstance(args, Mapping):
        return {name: _argument(value, is_plain=is_plain) for name, value in args.items()}
    return tuple(_argument(value, is_plain=is_plain) for value in args or ())


def _argument(value: object, *, is_plain: bool) -> object:
    if isinstance(value, BaseException):
        return in_short(value)
    return value if is_plain or isinstance(value, int | float) else "…"


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return in_short(value)
    return redacted(str(value)[:LONGEST_VALUE])


def _error_of(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exception()
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return exc_info if isinstance(exc_info, BaseException) else None


OWN_PACKAGES = (
    *("accounts", "chat", "core", "diagnostics", "memory"),
    *("personas", "providers", "usage", "valis_site"),
)


def is_own(logger: str) -> bool:
    """Whether a logger is one of VALIS' own."""
    return logger.partition(".")[0] in OWN_PACKAGES
