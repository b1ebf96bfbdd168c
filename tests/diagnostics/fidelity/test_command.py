"""`manage.py fidelity`: in the foreground, for people and for CI."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from diagnostics.fidelity import asking
from diagnostics.fidelity.models import FidelityRun, RunState
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from tests.chat.working import told_tasks
from tests.diagnostics.fidelity.conftest import OUT_OF_VOICE, Speak, in_voice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]


def fidelity(*arguments: str) -> tuple[str, str, int]:
    """What it says, what it tells meanwhile, and its exit code."""
    said, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("fidelity", *arguments, stdout=said, stderr=told, no_color=True)
    except CommandError as error:
        code = error.returncode
        told.write(str(error))
    return said.getvalue(), told.getvalue(), code


def test_it_shows_a_table_and_tells_how_far_it_is(speak: Speak, jane: Persona) -> None:
    speak("main", in_voice(jane))
    speak("loud", OUT_OF_VOICE)

    said, told, code = fidelity("jane", "--provider", "main", "--provider", "loud")

    lines = {line.split()[0]: line.split() for line in said.splitlines()[:3]}
    count = len(golden_dialogues(jane))
    assert lines["main"][2:5] == [str(count), "of", str(count)]
    assert (lines["main"][-2], lines["loud"][-2]) == ("close", "off")
    assert "loud: tone: " in said
    assert told.splitlines()[0] == f"1 of {2 * count}, loud"
    assert code == 0
    assert not told_tasks()


def test_a_dry_run_says_who_would_be_asked_and_asks_nobody(speak: Speak, jane: Persona, playing) -> None:
    speak("main", "say:Hello.", priority=1, price_in=0.0, price_out=0.0)
    speak("mute", "say:Hello.", priority=2, api_key="", base_url="")
    count = len(golden_dialogues(jane))

    said, _, code = fidelity("jane", "--dry-run")

    first, second, fallback, whole = said.splitlines()
    assert first == f"main main-1: {count} calls, $0.00"
    assert second.startswith("mute mute-1: would be skipped: no API key")
    assert fallback == f"fallback: {count} calls, $0.00"
    assert whole.startswith(f"{2 * count} calls")
    assert (code, len(playing.calls)) == (0, 0)
    assert not FidelityRun.objects.exists()
    assert "mute" not in fidelity("jane", "--dry-run", "--provider", "main")[0]


@pytest.mark.parametrize(("word", "script", "code"), [
    ("off", OUT_OF_VOICE, 1), ("drifts", OUT_OF_VOICE, 1), ("drifts", None, 0), ("off", None, 0),
])  # fmt: skip
def test_its_exit_code_says_whether_a_voice_has_drifted_that_far(
    word: str, script: str | None, code: int, speak: Speak, jane: Persona
) -> None:
    speak("main", script or in_voice(jane))

    assert fidelity("jane", "--provider", "main", "--fail-on", word)[2] == code


def test_who_was_named_and_said_nothing_fails_too(speak: Speak, jane: Persona) -> None:
    speak("main", "status:500")

    _, told, code = fidelity("jane", "--provider", "main", "--fail-on", "off")

    assert code == 2
    assert "main answered nothing" in told


def test_as_json_it_is_the_report_of_the_api(speak: Speak, jane: Persona) -> None:
    speak("main", in_voice(jane))

    report: dict[str, Any] = json.loads(fidelity("jane", "--json")[0])

    assert report["id"] == FidelityRun.objects.get().pk
    assert report["speakers"][0]["word"] == "close"
    assert report["dialogues"]


@pytest.mark.usefixtures("jane")
def test_it_says_what_is_wrong_with_a_name() -> None:
    assert "no such persona" in fidelity("nobody")[1]
    assert "nobody called" in fidelity("jane", "--provider", "nobody")[1]


def test_pressing_ctrl_c_stops_the_run(speak: Speak, jane: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    speak("main", "say:Hello.")
    monkeypatch.setattr(asking, "answer", interrupted)

    assert fidelity("jane")[2] == 130
    assert FidelityRun.objects.get().state == RunState.STOPPED
