"""Errors reach a tracker, if one is set, with what the log may say and nothing else."""

import gzip
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from core.logs.tracking import ErrorTracker
from core.logs.writing import BackgroundHandler
from core.request_id import start_request
from tests.documents import ROOT

SENTENCE = "I have told nobody else about this"
KEY = "sk-VALISCANARY-4f9c2e7d1b"


class Tracker:
    """Plays the tracker: keeps what it is sent."""

    def __init__(self, server: HTTPServer) -> None:
        self.envelopes: list[str] = []
        server.expect_request("/api/7/envelope/", method="POST").respond_with_handler(self._take)
        self.dsn = f"http://public@127.0.0.1:{server.port}/7"

    def _take(self, request: Request) -> Response:
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
        body = unpack[request.headers.get("Content-Encoding")](request.get_data())
        self.envelopes.append(body.decode())
        return Response("{}", content_type="application/json")

    @property
    def events(self) -> list[dict[str, Any]]:
        """The items of all envelopes that are events."""
        found = []
        for envelope in self.envelopes:
            _, *rest = envelope.splitlines()
            items = zip(map(json.loads, rest[::2]), rest[1::2], strict=False)
            found += [json.loads(item) for head, item in items if head["type"] == "event"]
        return found


@pytest.fixture
def tracker(httpserver: HTTPServer) -> Tracker:
    return Tracker(httpserver)


@pytest.fixture
def log(tracker: Tracker) -> Iterator[logging.Logger]:
    logger = logging.getLogger("chat.tracked")
    handler = BackgroundHandler([ErrorTracker(tracker.dsn, release="valis@test")])
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def answer(question: str) -> None:
    key = KEY
    raise ValueError(f"cannot answer {question!r} with {key}")


def test_an_error_is_told_with_its_place_and_its_request(
    log: logging.Logger, tracker: Tracker, eventually: Callable[..., None]
) -> None:
    start_request("from-the-proxy-1")
    try:
        answer(SENTENCE)
    except ValueError:
        log.exception("turn %s failed", 7)
    eventually(lambda: tracker.events)

    (event,) = tracker.events
    (error,) = event["exception"]["values"]
    frame = error["stacktrace"]["frames"][-1]
    assert event["logentry"]["message"] == "turn 7 failed"
    assert event["tags"]["request_id"] == "from-the-proxy-1"
    assert event["release"] == "valis@test"
    assert (error["type"], frame["function"]) == ("ValueError", "answer")


def test_nothing_that_was_said_no_key_and_no_variable_is_told(
    log: logging.Logger, tracker: Tracker, eventually: Callable[..., None]
) -> None:
    try:
        answer(SENTENCE)
    except ValueError:
        log.exception("it failed with %s", KEY)
    eventually(lambda: tracker.events)

    (told,) = tracker.envelopes
    assert SENTENCE not in told
    assert KEY not in told
    assert "vars" not in tracker.events[0]["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert not {"user", "request", "breadcrumbs", "modules"} & set(tracker.events[0])


def test_only_errors_are_told(log: logging.Logger, tracker: Tracker, eventually: Callable[..., None]) -> None:
    log.info("fine")
    log.warning("not so fine")
    log.error("broken")
    eventually(lambda: tracker.events)

    assert [event["logentry"]["message"] for event in tracker.events] == ["broken"]


def test_it_is_set_by_its_variable_and_told_to_the_end_of_the_process(tracker: Tracker, tmp_path) -> None:
    program = "import logging; logging.getLogger('chat.any').error('the last words')"
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "valis_site.settings",
            "VALIS_DATA_DIR": str(tmp_path),
            "VALIS_SENTRY_DSN": tracker.dsn,
        },
        check=True,
        timeout=60,
    )

    assert [event["logentry"]["message"] for event in tracker.events] == ["the last words"]


def test_without_it_the_sdk_is_not_even_loaded(tmp_path) -> None:
    program = "import logging, sys; logging.getLogger('chat').error('x'); print('sentry_sdk' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", program],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "valis_site.settings", "VALIS_DATA_DIR": str(tmp_path)},
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )

    assert said.stdout.strip() == "False"
