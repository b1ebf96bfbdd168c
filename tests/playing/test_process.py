"""The server as a process of its own: its command line, and its ledger over HTTP."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.playing.conftest import Plain

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.playing"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--port", "0", "--model", "gpt-4o=say:from the command line"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield process
        process.kill()


@pytest.fixture
def remote(process: subprocess.Popen[str]) -> Iterator[Plain]:
    assert process.stdout is not None
    client = Plain(int(process.stdout.readline()))
    yield client
    client.connection.close()


def answer(client: Plain, method: str, path: str, body: object = None) -> dict[str, Any]:
    value = client.json(method, path, body)
    assert isinstance(value, dict)
    return value


def test_it_prints_its_port_serves_and_ends_well_on_sigterm(
    process: subprocess.Popen[str], remote: Plain
) -> None:
    assert b"command " in remote.ask("gpt-4o").read()
    process.send_signal(signal.SIGTERM)

    assert process.wait(5) == 0


def test_the_ledger_can_be_read_picked_from_and_emptied(remote: Plain) -> None:
    remote.ask("say:one").read()
    remote.ask("say:two").read()
    everything = answer(remote, "GET", "/_calls")
    picked = answer(remote, "GET", "/_calls?model=say:two")
    answer(remote, "DELETE", "/_calls")

    assert (everything["count"], everything["max_overlap"]) == (2, 1)
    assert [(call["text"], call["outcome"]) for call in picked["calls"]] == [("two", "completed")]
    assert answer(remote, "GET", "/_calls")["count"] == 0


def test_emptying_the_ledger_starts_flaky_models_anew(remote: Plain) -> None:
    statuses = []
    for _ in range(2):
        for _ in range(2):
            response = remote.ask("flaky:1")
            response.read()
            statuses.append(response.status)
        answer(remote, "DELETE", "/_calls")

    assert statuses == [500, 200, 500, 200]


def test_calls_cannot_be_asked_for_by_what_they_have_not(remote: Plain) -> None:
    remote.connection.request("GET", "/_calls?colour=red")

    assert remote.connection.getresponse().status == 400


def test_the_state_tells_open_streams_and_processor_time(
    process: subprocess.Popen[str], remote: Plain
) -> None:
    other = Plain(remote.connection.port)
    other.ask("silent:1")
    open_now = answer(remote, "GET", "/_stats")
    other.connection.close()

    assert open_now["open_streams"] == 1
    assert open_now["cpu_seconds"] > 0


def test_models_can_be_given_other_scripts_while_it_runs(remote: Plain) -> None:
    answer(remote, "PUT", "/_models", {"gpt-4o": "status:503"})

    assert remote.ask("gpt-4o").status == 503


def test_what_is_nowhere_is_not_found(remote: Plain) -> None:
    remote.connection.request("GET", "/v2")

    assert remote.connection.getresponse().status == 404


def test_it_explains_every_script() -> None:
    listed = subprocess.run([*COMMAND, "--list"], capture_output=True, text=True, cwd=ROOT, check=True)

    assert "tokens:N[@RATE][:MARK]" in listed.stdout
    assert all(len(line.split(maxsplit=1)) == 2 for line in listed.stdout.splitlines())
