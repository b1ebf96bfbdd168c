"""What a line of the log holds, and what never gets into one."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, OperationalError

from core.errors import InvalidInput
from core.logs import get_logger
from core.logs.entries import OWN_PACKAGES, entry_of
from core.logs.writing import BackgroundHandler
from core.request_id import start_request
from tests.test_architecture import LINTER

SENTENCE = "I have told nobody else about this"
KEY = "sk-VALISCANARY-4f9c2e7d1b"


class StrangerError(Exception):
    """Of a kind that nobody knows."""


class Shelf:
    """A sink that keeps its lines."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def write(self, lines: Any) -> None:
        self.entries += [line.entry for line in lines]

    def close(self) -> None: ...


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """All that is logged, at every level, by ourselves and by libraries that do as they like."""
    shelf = Shelf()
    handler = BackgroundHandler([shelf])
    loggers = [logging.getLogger(name) for name in ("chat", "openai", "celery", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield shelf
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
    handler.close()


def lines(shelf: Shelf) -> list[dict[str, Any]]:
    for handler in logging.getLogger("chat").handlers:
        handler.flush()
    return shelf.entries


def fail(error: BaseException) -> None:
    try:
        raise error
    except type(error):
        get_logger("chat.any").exception("it failed")


def test_an_event_keeps_its_words_and_its_fields(shelf: Shelf) -> None:
    get_logger("chat.any").info("turn ended", turn=7, status="complete")

    line = lines(shelf)[0]
    assert line["event"] == "turn ended"
    assert (line["turn"], line["status"], line["level"]) == (7, "complete", "info")


def test_a_line_has_the_id_of_the_request_it_was_written_in(shelf: Shelf) -> None:
    start_request("from-the-proxy-1")
    logging.getLogger("chat.any").warning("turn %s is late", 7)

    assert lines(shelf)[0]["request_id"] == "from-the-proxy-1"
    assert lines(shelf)[0]["event"] == "turn 7 is late"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "valis_abcdefghij_4f9c2e7d1b4f9c2e-_x",
        "AIzaSyA1234567890abcdefghij",
        "eyJhbGciOiJI.eyJzdWIiOiIx.abc",
    ],
)
def test_what_looks_like_a_key_is_taken_out(shelf: Shelf, secret: str) -> None:
    get_logger("chat.any").info("odd", value=f"it was {secret} all along")
    logging.getLogger("chat.any").info("it was %s", secret)

    assert [line for line in lines(shelf) if secret in str(line)] == []
    assert lines(shelf)[0]["value"] == "it was [redacted] all along"


def test_passwords_in_addresses_are_taken_out(shelf: Shelf) -> None:
    get_logger("chat.any").info("odd", where="redis://valis:geheim@127.0.0.1:6379/0")

    assert lines(shelf)[0]["where"] == "redis://[redacted]@127.0.0.1:6379/0"


@pytest.mark.parametrize(
    "error",
    [ValueError(SENTENCE), KeyError(SENTENCE), DataError(SENTENCE), StrangerError(SENTENCE)],
)
def test_an_error_that_may_quote_somebody_is_named_and_placed_but_not_quoted(
    shelf: Shelf, error: Exception
) -> None:
    fail(error)

    told = lines(shelf)[0]["exception"]
    assert type(error).__name__ in told
    assert "in fail" in told
    assert SENTENCE not in str(lines(shelf))


@pytest.mark.parametrize(
    "error",
    [
        AttributeError("'NoneType' object has no attribute 'pk'"),
        ConnectionRefusedError(111, "Connection refused"),
        OperationalError("database is locked"),
        InvalidInput("The frame is malformed."),
    ],
)
def test_an_error_that_speaks_of_machines_is_quoted(shelf: Shelf, error: Exception) -> None:
    fail(error)

    assert str(error) in lines(shelf)[0]["exception"]


def test_of_a_database_error_the_row_is_left_out(shelf: Shelf) -> None:
    fail(OperationalError(f"could not extend file\nDETAIL: Failing row contains ({SENTENCE})."))

    assert "could not extend file" in lines(shelf)[0]["exception"]
    assert SENTENCE not in str(lines(shelf))


def test_what_an_error_came_of_is_told_first(shelf: Shelf) -> None:
    try:
        try:
            int(SENTENCE)
        except ValueError as error:
            raise RuntimeError("the reply could not be read") from error
    except RuntimeError:
        get_logger("chat.any").exception("it failed")

    told = lines(shelf)[0]["exception"]
    assert told.index("ValueError") < told.index("RuntimeError: the reply could not be read")
    assert SENTENCE not in told


def test_libraries_are_heard_from_warnings_on_whatever_they_set_themselves(shelf: Shelf) -> None:
    logging.getLogger("openai").debug("Request options: %s", {"messages": [SENTENCE]})
    logging.getLogger("openai").info("HTTP Request")
    logging.getLogger("openai").warning("Retrying")

    assert [line["event"] for line in lines(shelf)] == ["Retrying"]


def test_a_library_is_not_quoted_either(shelf: Shelf) -> None:
    logging.getLogger("openai").error("Could not parse %s: %s", SENTENCE, ValueError(SENTENCE))
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <%s>", SENTENCE)

    assert [line["event"] for line in lines(shelf)] == [
        "Could not parse …: ValueError",
        "Task exception was never retrieved",
    ]


def test_who_speaks_of_addresses_only_is_quoted(shelf: Shelf) -> None:
    logging.getLogger("celery.worker").error("Cannot connect to %s", "redis://127.0.0.1:6379//")

    assert lines(shelf)[0]["event"] == "Cannot connect to redis://127.0.0.1:6379//"


def test_a_line_cannot_be_forged_by_a_line_break(shelf: Shelf) -> None:
    logging.getLogger("chat.any").warning("asked for %s", "x\n{'event': 'all is well'}")

    assert lines(shelf)[0]["event"] == "asked for x"


def test_values_are_cut(shelf: Shelf) -> None:
    get_logger("chat.any").info("odd", value="x" * 5000)

    assert len(lines(shelf)[0]["value"]) == 300


def test_every_package_of_ours_counts_as_our_own() -> None:
    assert sorted(OWN_PACKAGES) == sorted(LINTER["root_packages"])


def test_a_traceback_that_a_library_prints_as_text_is_made_anew() -> None:
    try:
        int(SENTENCE)
    except ValueError:
        entry, error = entry_of(logging.makeLogRecord({"msg": f"Traceback (most recent)\n{SENTENCE}"}))

    assert entry["event"] == "an error was met"
    assert isinstance(error, ValueError)
    assert SENTENCE not in str(entry)
