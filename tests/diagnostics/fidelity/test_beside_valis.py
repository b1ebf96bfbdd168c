"""The command as a process of its own, beside a VALIS on the same data."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.harness.person import Person
from tests.harness.process import ROOT
from tests.harness.running import MODEL, running_valis
from tests.harness.valis import Valis
from tests.playing import PlayingServer

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "say:Hello."}) as server:
        yield server


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing) as process:
        yield process


@pytest.fixture
def command(valis: Valis) -> Command:
    def begin(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", "fidelity", *arguments],
            cwd=ROOT,
            env=valis.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


def newest_run(valis: Valis) -> dict[str, object]:
    staff = Person(valis.url).log_in("staff")
    newest: dict[str, object] = staff.get("/api/personas/jane/fidelity")["results"][0]
    return newest


def test_it_asks_and_judges_beside_a_valis_that_runs(
    valis: Valis, command: Command, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "say:Hello.")
    process = command("jane", "--provider", "openai", "--fail-on", "off")
    said, told = process.communicate(timeout=300)

    assert process.returncode == 1, told
    assert "openai gpt-5.4-mini  6 of 6" in said
    assert "At or past “off”: openai." in told
    assert newest_run(valis)["state"] == "ended"


def test_ctrl_c_stops_the_run_and_its_call(
    valis: Valis, command: Command, playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    playing.cast(MODEL, "hang")
    before = len(playing.calls)
    process = command("jane", "--provider", "openai")
    eventually(lambda: len(playing.calls) > before)

    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=300)

    assert (process.returncode, "Stopped." in told) == (130, True), told
    assert newest_run(valis)["state"] == "stopped"
    eventually(lambda: playing.calls[-1].ended is not None)
