"""The DesktopCommander provider, with MCP servers over stdio (`tests.playing.tool_server`)."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.loop import run_on_loop
from providers.instances import instance_for, reason_to_skip
from providers.lineup import candidate_of
from providers.models import Provider
from providers.stopping import CallStopped, StopSignal
from providers.tool_servers import keeping, programs
from tests.documents import ROOT
from tests.providers.blocking import close_instances, findings_of
from tests.providers.walking import FAST, Walk, limits, walk

ROW = Provider(name="commander", kind="desktop_commander")
PATIENT = limits(first_token_timeout=60, silence_timeout=60, provider_timeout=60, reply_deadline=100)
HASTY = limits(first_token_timeout=0.3, silence_timeout=0.3)


class Server:
    """What the playing server wrote down."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def noted(self, what: str) -> list[Any]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [value for name, value in map(json.loads, lines) if name == what]

    @property
    def starts(self) -> int:
        return len(self.noted("processes"))

    def is_gone(self) -> bool:
        """Whether nothing is left of it, nor of what it started."""
        return not any(_runs(pid) for pids in self.noted("processes") for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def plays(settings, tmp_path) -> Callable[..., Server]:
    """Sets VALIS up with a server that plays a script."""

    def set_up(script: str, *variables: str, program: str = "tool_server") -> Server:
        file = tmp_path / "noted"
        server = [sys.executable, "-m", f"tests.playing.{program}", script, str(file)]
        settings.VALIS_DESKTOP_COMMANDER = ["env", f"PYTHONPATH={ROOT}", *server]
        settings.VALIS_DESKTOP_COMMANDER_ENVIRONMENT = list(variables)
        return Server(file)

    return set_up


def is_ready() -> None:
    """Have the server started, so that the calls of a test find it there."""
    instance: Any = instance_for(candidate_of(ROW, PATIENT))
    run_on_loop(instance._keeper.look()).result(30)


def test_the_tool_s_text_is_the_reply(plays) -> None:
    plays("answer")
    seen = walk(ROW, within=PATIENT)

    assert (seen.text, seen.provider) == ("Here is the answer.", "commander")
    assert seen.meter.records[0].usage.is_estimated


@pytest.mark.parametrize("program", ["tool_server", "sdk_tool_server"])
def test_what_the_tool_tells_on_its_way_is_the_reply_in_pieces(plays, program) -> None:
    plays("in_pieces", program=program)

    assert walk(ROW, within=PATIENT).pieces == ["Here ", "is ", "the ", "answer."]


def test_the_tool_is_asked_with_system_prompt_and_dialogue(plays) -> None:
    server = plays("answer")
    walk(ROW, within=PATIENT)

    assert server.noted("asked") == [
        "You are Maya.\n\nUser: Good morning\n\nVALIS: Morning!\n\nUser: How are you?"
    ]


def test_notes_that_are_no_part_of_the_result_stand_before_it(plays) -> None:
    plays("with_notes")

    assert walk(ROW, within=PATIENT).text == "Thinking.\n\nHere is the answer."


def test_one_server_serves_many_calls(plays) -> None:
    server = plays("answer")
    for _ in range(3):
        assert walk(ROW, within=PATIENT).provider == "commander"

    assert server.starts == 1


def test_without_a_command_the_row_says_why_it_is_skipped(settings) -> None:
    settings.VALIS_DESKTOP_COMMANDER = []

    assert candidate_of(ROW, FAST).skip_reason == "no command: the operator sets VALIS_DESKTOP_COMMANDER"


def test_a_program_that_is_not_installed_is_skipped(settings) -> None:
    settings.VALIS_DESKTOP_COMMANDER = ["no-such-program-here", "--flag"]

    assert (
        reason_to_skip(candidate_of(ROW, FAST))
        == "the server cannot be started: there is no program no-such-program-here here"
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("no_tool", "the server has no tool “ask”"),
        ("two_texts", "the tool “ask” has to take one text and require nothing else"),
        ("gone", "the server ended: there is no configuration"),
    ],
)
def test_a_server_that_cannot_answer_is_skipped_with_the_reason(plays, script, reason) -> None:
    plays(script)
    with pytest.raises(Exception, match=reason):
        is_ready()


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("die", "connection_broken"),
        ("fail", "server_failed"),
        ("say_nothing", "stream_unreadable"),
        ("flood", "stream_unreadable"),
        ("one_long_line", "stream_unreadable"),
    ],
)
def test_a_call_that_goes_wrong_fails_with_the_right_code(plays, script, code) -> None:
    plays(script)

    assert walk(ROW, within=PATIENT).failure.code == code


def test_what_a_failing_tool_says_is_not_quoted(plays) -> None:
    plays("fail")

    assert "asked" not in walk(ROW, within=PATIENT).failure.message


def test_a_few_words_that_are_no_message_are_passed_over(plays) -> None:
    plays("babble")

    assert walk(ROW, within=PATIENT).text == "Here is the answer."


def test_a_server_that_died_is_started_again_for_the_next_round(plays) -> None:
    server = plays("die_once")
    seen = walk(ROW, within=PATIENT.model_copy(update={"retry_schedule": (0.05,)}))

    assert seen.story == [("commander", "failed", 1), ("commander", "answered", 2)]
    assert server.starts == 2


def test_one_that_dies_again_and_again_is_left_alone_for_a_while(plays) -> None:
    server = plays("die")
    stories = [walk(ROW, within=PATIENT).steps[0] for _ in range(4)]

    assert [step.outcome for step in stories] == ["failed", "failed", "skipped", "skipped"]
    assert "tried again in" in stories[-1].message
    assert server.starts == 2


@pytest.mark.parametrize("script", ["hang", "begin_and_hang"])
def test_a_server_that_hangs_runs_into_the_time_limit_and_leaves_no_process(
    plays, script, eventually
) -> None:
    server = plays(script)
    is_ready()

    assert walk(ROW, within=HASTY).failure.code == "time_limit_passed"
    eventually(server.is_gone)


def test_a_server_that_never_gets_ready_leaves_no_process(plays, eventually) -> None:
    server = plays("deaf")

    assert walk(ROW, within=HASTY).failure.code == "time_limit_passed"
    eventually(server.is_gone)


@pytest.mark.parametrize("script", ["hang", "begin_and_hang"])
def test_a_stopped_reply_ends_the_call_and_leaves_no_process(plays, script, eventually) -> None:
    server, signal, seen = plays(script), StopSignal(), Walk()
    is_ready()

    def stop_when_asked(event: object) -> None:
        if server.noted("asked"):
            signal.set("stopped_by_person")

    with pytest.raises(CallStopped):
        walk(ROW, within=PATIENT, stop=signal, on_event=stop_when_asked, into=seen)

    assert [record.step.outcome for record in seen.meter.records] == ["stopped"]
    eventually(server.is_gone)


def test_after_a_call_that_hung_a_new_server_answers(plays) -> None:
    server = plays("hang_once")
    is_ready()

    assert walk(ROW, within=HASTY).failure.code == "time_limit_passed"
    assert walk(ROW, within=PATIENT).text == "Here is the answer."
    assert server.starts == 2


def test_a_server_that_nobody_needs_is_ended_and_started_when_it_is_needed(
    plays, monkeypatch, eventually
) -> None:
    server = plays("answer")
    walk(ROW, within=PATIENT)
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "IDLE_SECONDS", 0.05)
        walk(ROW, within=PATIENT)
        eventually(server.is_gone)

    assert reason_to_skip(candidate_of(ROW, PATIENT)) == ""
    assert server.starts == 1
    assert walk(ROW, within=PATIENT).text == "Here is the answer."


def test_a_process_that_ends_leaves_no_server_behind(plays, eventually) -> None:
    server = plays("answer")
    walk(ROW, within=PATIENT)
    programs.end_all()

    eventually(server.is_gone)


def test_it_gets_no_secret_of_valis_and_is_not_where_they_lie(plays, monkeypatch) -> None:
    for name in ("VALIS_SECRET_KEY", "ANTHROPIC_API_KEY", "DATABASE_URL", "TOOL_SERVER_KEY"):
        monkeypatch.setenv(name, "canary-in-the-environment")
    server = plays("answer", "TOOL_SERVER_KEY")
    walk(ROW, within=PATIENT)
    [names], [folder] = server.noted("environment"), server.noted("folder")

    assert set(names) <= {*programs.PASSED_ON, "TOOL_SERVER_KEY", "PYTHONPATH", "LC_CTYPE"}
    assert "TOOL_SERVER_KEY" in names
    assert folder == "/"


def test_what_it_says_at_its_start_is_logged_without_its_key(plays, monkeypatch, caplog) -> None:
    monkeypatch.setenv("TOOL_SERVER_KEY", "canary-in-the-environment")
    caplog.set_level("INFO", logger="providers")
    plays("answer", "TOOL_SERVER_KEY")
    walk(ROW, within=PATIENT)
    close_instances()

    assert "starting; the key is …" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("script", ["in_pieces", "die", "begin_and_hang", "gone"])
def test_it_blocks_nothing_however_it_goes(plays, script) -> None:
    plays(script)
    within = limits(first_token_timeout=2, silence_timeout=0.3)

    assert findings_of(lambda: walk(ROW, within=within)) == []


def test_a_program_that_is_not_there_blocks_nothing(settings) -> None:
    settings.VALIS_DESKTOP_COMMANDER = ["no-such-program-here"]

    assert findings_of(lambda: walk(ROW)) == []


COLD_START = """
import sys
import django; django.setup()
from providers.base import provider_classes
from providers.models import Provider
from tests.providers.blocking import _NoImports
from tests.providers.test_desktop_commander import PATIENT
from tests.providers.walking import walk

provider_classes()
print("mcp" in sys.modules)
found = []
sys.meta_path.insert(0, _NoImports(found))
print(walk(Provider(name="commander", kind="desktop_commander"), within=PATIENT).text)
print(found)
"""


def test_the_client_is_loaded_when_it_is_needed_and_not_on_the_loop(plays, settings) -> None:
    plays("answer")
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PATH": os.environ["PATH"],
        "VALIS_DESKTOP_COMMANDER": shlex.join(settings.VALIS_DESKTOP_COMMANDER),
    }
    run = subprocess.run(
        [sys.executable, "-c", COLD_START],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.splitlines() == ["False", "Here is the answer.", "[]"]
