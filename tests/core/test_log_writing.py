"""How the log is written: without anybody waiting for it, in order, and to the last line."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine

from core.logs import writing
from core.logs.sinks import DailyFiles, as_json, as_words
from core.logs.writing import BackgroundHandler, Line, Sink


class Gate:
    """A sink that is stuck until it is opened, as a pipe is that nobody reads."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.events: list[str] = []

    def write(self, lines: Sequence[Line]) -> None:
        self.opened.wait(60)
        self.events += [str(line.entry["event"]) for line in lines]

    def close(self) -> None: ...


class Full:
    """A sink whose disk is full."""

    def write(self, lines: Sequence[Line]) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None: ...


Log = Callable[[str], None]


@pytest.fixture
def handler_of() -> Iterator[Callable[..., BackgroundHandler]]:
    made = []

    def make(*sinks: Sink) -> BackgroundHandler:
        made.append(BackgroundHandler(sinks))
        return made[-1]

    yield make
    for handler in made:
        handler.close()


def log(handler: BackgroundHandler, event: str) -> None:
    handler.handle(logging.makeLogRecord({"name": "chat.any", "levelno": logging.INFO, "msg": event}))


def test_nobody_waits_for_a_log_that_is_stuck(handler_of) -> None:
    gate = Gate()
    handler = handler_of(gate)
    began = time.monotonic()
    for number in range(500):
        log(handler, f"line {number}")
    took = time.monotonic() - began
    gate.opened.set()
    handler.flush()

    assert took < 30
    assert gate.events == [f"line {number}" for number in range(500)]


def test_past_its_limit_lines_are_dropped_and_counted(handler_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 10)
    gate = Gate()
    handler = handler_of(gate)
    for number in range(50):
        log(handler, f"line {number}")
    gate.opened.set()
    handler.flush()
    log(handler, "after it")
    handler.flush()

    assert "line 9" in gate.events
    assert "line 49" not in gate.events
    assert gate.events.count("lines were dropped") == 1
    assert "after it" in gate.events


def test_closing_writes_what_still_waits(handler_of) -> None:
    gate = Gate()
    handler = handler_of(gate)
    log(handler, "the last words")
    threading.Timer(0.05, gate.opened.set).start()

    handler.close()

    assert gate.events == ["the last words"]


def test_a_full_disk_keeps_nothing_from_the_console(handler_of) -> None:
    gate = Gate()
    gate.opened.set()
    handler = handler_of(Full(), gate)
    log(handler, "one")
    log(handler, "two")
    handler.flush()

    assert gate.events == ["one", "two"]


def test_a_line_that_cannot_be_made_does_not_end_what_it_tells_of(handler_of) -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise ValueError

    gate = Gate()
    gate.opened.set()
    handler = handler_of(gate)
    handler.handle(
        logging.makeLogRecord(
            {"name": "chat", "levelno": 20, "msg": {"event": "odd", "value": Unspeakable()}}
        )
    )
    handler.flush()

    assert gate.events == ["a line could not be made"]


def line(event: str) -> Line:
    entry = {"timestamp": "2026-11-20T23:59:59.000+00:00", "level": "info", "logger": "chat", "event": event}
    return Line(entry | {"turn": 7}, logging.INFO, None)


def test_each_day_has_a_file_and_thirty_are_kept(tmp_path: Path) -> None:
    day = date(2026, 11, 20)
    for age in range(40):
        (tmp_path / f"valis-{day - timedelta(days=age)}.log").write_text("old\n")
    (tmp_path / "notes.txt").write_text("of somebody else")
    files = DailyFiles(tmp_path)

    with time_machine.travel("2026-11-20T23:59:59Z", tick=False):
        files.write([line("before midnight")])
    with time_machine.travel("2026-11-21T00:00:01Z", tick=False):
        files.write([line("after midnight")])
    files.close()

    kept = sorted(path.name for path in tmp_path.glob("valis-*.log"))
    assert (len(kept), kept[0], kept[-1]) == (30, "valis-2026-10-23.log", "valis-2026-11-21.log")
    assert "before midnight" in (tmp_path / "valis-2026-11-20.log").read_text()
    assert "after midnight" not in (tmp_path / "valis-2026-11-20.log").read_text()
    assert (tmp_path / "notes.txt").exists()


def test_several_processes_write_the_same_file(tmp_path: Path) -> None:
    one, other = DailyFiles(tmp_path), DailyFiles(tmp_path)
    for number in range(20):
        (one if number % 2 else other).write([line(f"line {number}")])
    one.close()
    other.close()

    (file,) = tmp_path.iterdir()
    assert [json.loads(each)["event"] for each in file.read_text().splitlines()] == [
        f"line {number}" for number in range(20)
    ]


def test_json_is_one_object_in_one_line() -> None:
    written = as_json(line("two\nlines and “quotes”").entry)

    assert "\n" not in written
    assert json.loads(written) == {
        "timestamp": "2026-11-20T23:59:59.000+00:00",
        "level": "info",
        "logger": "chat",
        "event": "two\nlines and “quotes”",
        "turn": 7,
    }


def test_at_a_terminal_a_line_is_read_at_a_glance() -> None:
    written = as_words(colours=False)(line("turn ended").entry)

    assert "turn ended" in written
    assert "turn=7" in written
    assert "2026" not in written
