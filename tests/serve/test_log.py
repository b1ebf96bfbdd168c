"""The log of a whole server that is asked to say everything."""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.client import ChatClient
from tests.harness.person import Person
from tests.harness.running import CANARY, MODEL, running_valis
from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer

SENTENCE = "Nobody but Jane is to know that the heron came back"
EVERYTHING = {
    "VALIS_LOG_LEVEL": "DEBUG",
    "OPENAI_LOG": "debug",
    "ANTHROPIC_LOG": "debug",
    "PYTHONASYNCIODEBUG": "1",
}
FAULTS = ["status:400", "status:401", "html", f"say:{SENTENCE}"]


ENDED = re.compile(r"^valis_turns_ended_total\{.*\} (\d+)", re.MULTILINE)


@dataclass
class Talk:
    """What the server wrote of a talk, after it had been stopped."""

    output: str
    files: str
    playing: PlayingServer
    client_ids: list[str]
    metrics: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]

    def of(self, request_id: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("request_id") == request_id]


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: f"say:{SENTENCE}"}) as server:
        yield server


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Talk:
    return asyncio.run(_talk(tmp_path_factory.mktemp("valis"), playing))


async def _talk(folder: Path, playing: PlayingServer) -> Talk:
    log = folder / "log"
    sent = []
    with running_valis(folder / "data", playing, **EVERYTHING, VALIS_LOG_DIR=str(log)) as valis:
        demo = Person(valis.url).log_in("demo")
        demo.page(f"/chat/?persona=jane&q={SENTENCE.replace(' ', '+')}")
        async with ChatClient(demo, demo.new_session()) as client:
            for script in FAULTS:
                playing.cast(MODEL, script)
                sent.append(await client.ask(SENTENCE))
                await client.reply(sent[-1])
            await client.say(type="send", client_id="x" * 99, text=SENTENCE)
            await client.until(lambda: client.journal.errors)
        metrics = await asyncio.to_thread(_metrics_with, valis, ended_turns=len(FAULTS))
        valis.stop()
    files = "".join(path.read_text() for path in log.iterdir())
    return Talk(valis.output(), files, playing, [each.client_id for each in sent], metrics)


def _metrics_with(valis: Valis, *, ended_turns: int) -> str:
    """As soon as they know of so many turns: each process tells its figures every few seconds."""
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        with urllib.request.urlopen(f"{valis.url}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
        if sum(map(int, ENDED.findall(metrics))) >= ended_turns:
            return metrics
        time.sleep(0.2)
    raise AssertionError(f"not so many turns:\n{metrics}")


def test_it_holds_no_secret_and_nothing_that_was_said(talk: Talk) -> None:
    for secret in (SENTENCE, SENTENCE.replace(" ", "+"), "heron", CANARY, CANARY[-10:], PASSWORD):
        assert secret not in talk.output
        assert secret not in talk.files
        assert secret not in talk.metrics


def test_one_id_leads_from_the_browser_to_the_provider(talk: Talk) -> None:
    answered = talk.client_ids[-1]

    assert {line["event"] for line in talk.of(answered)} == {"frame", "call ended", "turn ended", "task"}
    assert talk.playing.calls[-1].headers["x-request-id"] == answered


def test_every_turn_call_and_task_has_its_line_to_the_very_end(talk: Talk) -> None:
    ended = [line for line in talk.lines if line["event"] == "turn ended"]
    calls = [line for line in talk.lines if line["event"] == "call ended"]

    assert [line["request_id"] for line in ended] == talk.client_ids
    assert {"provider", "model", "status", "first_token_ms", "ms", "user", "session"} <= set(ended[0])
    assert {line["outcome"] for line in calls} == {"answered", "failed"}
    assert {"provider", "model", "code", "first_token_ms", "ms"} <= set(calls[0])


def test_metrics_agree_with_the_log(talk: Talk) -> None:
    calls = [line for line in talk.lines if line["event"] == "call ended" and line["outcome"] == "failed"]
    failed = re.findall(r"^valis_calls_total\{.*outcome=.failed.*\} (\d+)", talk.metrics, re.MULTILINE)

    assert sum(map(int, ENDED.findall(talk.metrics))) == len(FAULTS)
    assert sum(map(int, failed)) == len(calls) > 0


def test_a_request_is_told_by_its_route_without_what_was_asked_for(talk: Talk) -> None:
    page = next(line for line in talk.lines if line.get("route") == "chat/" and line["user"])

    assert (page["event"], page["method"], page["status"]) == ("request", "GET", 200)
    assert page["ms"] > 0


def test_the_folder_has_the_same_lines(talk: Talk) -> None:
    assert [json.loads(line) for line in talk.files.splitlines()] == talk.lines
