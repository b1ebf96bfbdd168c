"""Speakers that keep Jane's voice, or lose it, and runs that end."""

from collections.abc import Callable

import pytest

from accounts.models import User
from diagnostics.fidelity.models import FidelityRun
from diagnostics.fidelity.reading import run_before, run_by_id
from diagnostics.fidelity.reporting import Report, Row, report_of
from diagnostics.fidelity.running import go_on
from diagnostics.fidelity.starting import start_run
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from providers.models import Provider
from tests.playing import PlayingServer

OUT_OF_VOICE = "say:WOW!!! Obviously you just have to calm down!!! 🎉🎉🎉 Next question!!!"
REFUSING = "say:I'm sorry, but as an AI language model I can't help with that."

Speak = Callable[..., Provider]
Start = Callable[..., FidelityRun]


def in_voice(persona: Persona) -> str:
    """A script of the golden replies, one after the other."""
    replies = "|".join(f"say:{each.reply}" for each in golden_dialogues(persona))
    return f"fail-then:{replies}"


@pytest.fixture
def speak(provider: Callable[..., Provider], playing: PlayingServer) -> Speak:
    """A provider of this name that plays a script."""

    def speak(name: str, script: str, **fields: object) -> Provider:
        playing.cast(f"{name}-1", script)
        return provider(f"{name}-1", name=name, **fields)

    return speak


@pytest.fixture
def start(jane: Persona, sue: User) -> Start:
    def start(**options: object) -> FidelityRun:
        return start_run(options.pop("persona", jane), by=options.pop("by", sue), **options)

    return start


def finish(run: FidelityRun, *, most: int = 200) -> FidelityRun:
    """Go on with it as workers do, until it is over."""
    for _ in range(most):
        if not run_by_id(run.pk).is_running:
            break
        go_on(run.pk)
    return run_by_id(run.pk)


def compared(run: FidelityRun) -> Report:
    """As a page or the API shows it."""
    run = run_by_id(run.pk)
    return report_of(run, before=run_before(run))


def rows_of(run: FidelityRun) -> dict[str, Row]:
    return {row.speaker.name: row for row in compared(run).rows}
