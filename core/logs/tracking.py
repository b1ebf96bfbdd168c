"""Errors to a tracker that understands Sentry's protocol, where one is set.

It is told what the log is told, and nothing else: the SDK's own looking around is off.
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from core.logs.describing import Fault, faults_of
from core.logs.writing import Line

FLUSH_SECONDS = 2.0
_OF_EVERY_LINE = {"timestamp", "level", "logger", "event", "exception"}


class ErrorTracker:
    """A sink that sends on every line of the level error."""

    def __init__(self, dsn: str, *, release: str) -> None:
        self._dsn = dsn
        self._release = release
        self._is_used = False

    @cached_property
    def _client(self) -> Any:
        import sentry_sdk  # noqa: PLC0415  (only where it is wanted)

        self._is_used = True
        return sentry_sdk.Client(
            dsn=self._dsn,
            release=self._release,
            server_name="",
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            send_client_reports=False,
            max_breadcrumbs=0,
        )

    def write(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.level >= logging.ERROR:
                self._client.capture_event(_event_of(line))

    def close(self) -> None:
        if self._is_used:
            self._client.flush(timeout=FLUSH_SECONDS)


def _event_of(line: Line) -> dict[str, Any]:
    entry = line.entry
    faults = faults_of(line.error) if line.error else []
    return {
        "timestamp": entry["timestamp"],
        "level": entry["level"],
        "logger": entry["logger"],
        "logentry": {"message": entry["event"]},
        "tags": {"request_id": entry.get("request_id", "")},
        "extra": {name: value for name, value in entry.items() if name not in _OF_EVERY_LINE},
        "exception": {"values": [_exception_of(fault) for fault in faults]},
    }


def _exception_of(fault: Fault) -> dict[str, Any]:
    frames = [
        {
            "filename": frame.filename,
            "function": frame.name,
            "lineno": frame.lineno,
            "context_line": frame.line,
            "in_app": "site-packages" not in frame.filename,
        }
        for frame in fault.frames
    ]
    return {"type": fault.kind, "value": fault.words, "stacktrace": {"frames": frames}}
