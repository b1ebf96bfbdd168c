"""No blocking call in an async path (EN-17): a detector watches the loop while each path runs."""

import asyncio
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from core.loop import run_on_loop
from providers.calls import Utterance
from providers.stopping import CallStopped, StopSignal
from providers.vendors import scripted as scripted_provider
from tests.documents import ROOT
from tests.providers.blocking import BlockingCall, findings_of, watched_loop
from tests.providers.walking import QUESTION, limits, scripted, walk


def on_loop(function: Callable[[], object]) -> None:
    async def call() -> None:
        function()

    run_on_loop(call()).result(60)


@pytest.mark.parametrize(
    "blocking",
    [
        lambda: time.sleep(0.01),
        lambda: socket.create_connection(("127.0.0.1", 9), timeout=0.1),
        lambda: socket.getaddrinfo("localhost", 80),
        lambda: subprocess.run(["true"], check=False),
    ],
    ids=["sleep", "connect", "getaddrinfo", "subprocess"],
)
def test_the_detector_finds_calls_that_wait(blocking) -> None:
    with watched_loop() as found, pytest.raises(BlockingCall):
        on_loop(blocking)

    assert found


@pytest.mark.django_db
def test_the_detector_finds_the_database_on_the_loop(monkeypatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    cursor = connection.cursor()
    with watched_loop() as found, pytest.raises((BlockingCall, sqlite3.ProgrammingError)):
        on_loop(lambda: cursor.execute("SELECT 1"))

    assert found == ["execute was called on the loop"]


def test_the_detector_finds_work_that_takes_too_long() -> None:
    def spin() -> None:
        ends_at = time.perf_counter() + 0.15
        while time.perf_counter() < ends_at:
            pass

    with watched_loop() as found:
        on_loop(spin)
        on_loop(lambda: None)

    assert " took " in found[0]


def test_the_detector_finds_imports_on_the_loop(monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with watched_loop() as found:
        on_loop(lambda: __import__("this"))

    assert found[0] == "this was imported on the loop"


@pytest.mark.parametrize(
    "script",
    [
        *(
            "tokens:200@400",
            "tokens:3000",
            "big-line:300000",
            "split-utf8",
            "big-line",
            "garbage",
            "cut:5@40",
        ),
        *("status:500", "html", "silent:5", "hang", "error-object", "no-terminal"),
    ],
)
def test_a_call_blocks_nothing_however_it_goes(row, kind, script) -> None:
    asked = row(script, kind=kind, first_token_timeout=0.3, silence_timeout=0.2)

    assert findings_of(lambda: walk(asked)) == []


def test_the_longest_dialogue_there_can_be_blocks_nothing(row, kind) -> None:
    lines = tuple(Utterance("user" if n % 2 else "assistant", f"line {n}") for n in range(1001))
    request = replace(QUESTION, messages=lines)

    assert findings_of(lambda: walk(row("say:all heard", kind=kind), request=request)) == []


def test_a_failover_with_a_pause_blocks_nothing(row, kind, free_port) -> None:
    absent = row("any", name="absent", base_url=f"http://localhost:{free_port}")
    within = limits(retry_schedule=[0.05])

    assert findings_of(lambda: walk(absent, row("status:500", kind=kind), within=within)) == []


def test_the_scripted_provider_and_the_fallback_voice_block_nothing() -> None:
    scripts = ["echo", "tokens:300@1000", "slow:0.1", "fail:server_failed"]

    assert set(scripted_provider.SCRIPTS) >= {script.partition(":")[0] for script in scripts}
    assert findings_of(lambda: [walk(scripted(script)) for script in scripts]) == []


def test_many_streams_at_once_block_nothing(row, kind) -> None:
    def many() -> None:
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda number: walk(row(f"tokens:40@100:{number}", kind=kind)), range(10)))

    assert findings_of(many) == []


def test_stopping_a_call_blocks_nothing(row, kind) -> None:
    def stopped() -> None:
        signal = StopSignal()
        with pytest.raises(CallStopped):
            walk(row("silent:5", kind=kind), stop=signal, on_event=lambda event: signal.set("stopped"))

    assert findings_of(stopped) == []


COLD_START = """
import django; django.setup()
from providers.models import Provider
from tests.playing import PlayingServer
from tests.providers.blocking import watched_loop
from tests.providers.walking import limits, walk

patient = limits(reply_deadline=100)
with PlayingServer() as server, watched_loop() as found:
    for kind, url in (("anthropic", server.url), ("openai", server.openai_url)):
        assert walk(Provider(name=kind, kind=kind, model="say:hi", base_url=url), within=patient).text == "hi"
print([each for each in found if "imported" in each])
"""


def test_the_very_first_call_of_a_process_imports_nothing_on_the_loop() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", COLD_START],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.strip() == "[]"


def test_the_loop_of_the_tests_is_the_engine_s_again_afterwards() -> None:
    with watched_loop():
        inside = run_on_loop(asyncio.sleep(0, "inside")).result(60)

    assert (inside, run_on_loop(asyncio.sleep(0, "outside")).result(60)) == ("inside", "outside")
