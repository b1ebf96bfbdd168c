"""Where lines of the log go: the console, and a folder with one file a day."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer

from core.logs.entries import Entry
from core.logs.tracking import ErrorTracker
from core.logs.writing import BackgroundHandler, Line, Sink

KEPT_DAYS = 30

_json = JSONRenderer(ensure_ascii=False)


def as_json(entry: Entry) -> str:
    return str(_json(None, "", dict(entry)))


def as_words(*, colours: bool) -> Callable[[Entry], str]:
    """A line for people: local time of day, level, event, fields; a traceback below it."""
    render = ConsoleRenderer(colors=colours, pad_event_to=24, sort_keys=False)

    def line(entry: Entry) -> str:
        moment = datetime.fromisoformat(entry["timestamp"]).astimezone()
        return str(render(None, "", entry | {"timestamp": f"{moment:%H:%M:%S}"}))

    return line


class Console:
    """The process' standard error."""

    def __init__(self, render: Callable[[Entry], str]) -> None:
        self._render = render

    def write(self, lines: Sequence[Line]) -> None:
        # The stream that Python began with: tests and Celery put others in its place.
        if stream := sys.__stderr__:
            stream.write("".join(f"{self._render(line.entry)}\n" for line in lines))
            stream.flush()

    def close(self) -> None: ...


class DailyFiles:
    """`valis-2026-11-20.log` and so on, days by UTC, the last thirty.

    Several processes write the same file: it is never renamed, and each write is one append.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day: date | None = None
        self._file = -1

    def write(self, lines: Sequence[Line]) -> None:
        today = datetime.now(UTC).date()
        if today != self._day:
            self.close()
            self._file = self._open(today)
            self._day = today
        os.write(self._file, "".join(f"{as_json(line.entry)}\n" for line in lines).encode())

    def close(self) -> None:
        if self._day:
            os.close(self._file)
            self._day = None

    def _open(self, today: date) -> int:
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        oldest = self._name(today - timedelta(days=KEPT_DAYS - 1))
        for old in self._folder.glob("valis-????-??-??.log"):
            if old.name < oldest:
                old.unlink(missing_ok=True)
        return os.open(self._folder / self._name(today), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    @staticmethod
    def _name(day: date) -> str:
        return f"valis-{day:%Y-%m-%d}.log"


def background_handler(*, form: str, folder: str, tracker: str, release: str) -> BackgroundHandler:
    """The handler for the standard library's configuration. `form` is "json" or "lines"."""
    is_terminal = bool(sys.__stderr__ and sys.__stderr__.isatty())
    sinks: list[Sink] = [Console(as_json if form == "json" else as_words(colours=is_terminal))]
    if folder:
        sinks.append(DailyFiles(Path(folder)))
    if tracker:
        sinks.append(ErrorTracker(tracker, release=release))
    return BackgroundHandler(sinks)
