"""Asking one speaker one question, by the gate and behind people's replies."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from diagnostics.fidelity.models import AnswerOutcome, FidelityAnswer, FidelityRun
from diagnostics.fidelity.speakers import Speaker, request_for
from personas.snapshots import PersonaSnapshot
from providers.cascade import Answered, Restarted, Unanswered
from providers.circuits.guarding import LEFT_ALONE
from providers.engine_settings import current_limits
from providers.lineup import line_up
from providers.stopping import StopSignal
from providers.story import Outcome, Step
from usage.ledger import Account
from usage.metering import answer
from usage.models import Purpose

_PASSING = {"places_busy", "rate_limited"}


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it. `is_passing`: the reason is one that goes by itself."""

    outcome: AnswerOutcome
    text: str = ""
    reason: str = ""
    duration_ms: float | None = None
    is_passing: bool = False


def has_one_place(asked: FidelityAnswer) -> bool:
    """Whether the speaker serves one call at a time."""
    entry = _speaker(asked).entry
    candidates = line_up((entry,), current_limits(), user_id=asked.run.starter_user_id)
    return any(each.places == 1 for each in candidates)


def ask(
    asked: FidelityAnswer, *, stop: StopSignal, keep: Callable[[], None], takes_last_place: bool = False
) -> Said:
    """`keep` is called at least once a second meanwhile. Raises `CallStopped` when `stop` was set."""
    run, limits = asked.run, current_limits()
    speaker = _speaker(asked)
    pieces: list[str] = []
    events = answer(
        request_for(snapshot_of(run), run.golden()[asked.dialogue], limits),
        cascade=(speaker.entry,),
        limits=limits,
        account=Account(
            Purpose.FIDELITY,
            user_id=run.starter_user_id,
            persona_id=run.persona_id,
            persona_slug=run.persona_slug,
        ),
        on_text=pieces.append,
        stop=stop,
        may_fall_back=speaker.is_fallback,
        in_background=True,
        takes_last_place=takes_last_place,
    )
    with closing(events):
        for event in events:
            keep()
            if isinstance(event, Restarted):
                pieces.clear()
            elif isinstance(event, Answered):
                return Said(AnswerOutcome.ANSWERED, "".join(pieces), duration_ms=event.steps[-1].duration_ms)
            elif isinstance(event, Unanswered):
                return _unanswered(event.steps[-1])
    raise AssertionError("the gate ended without an answer")


def snapshot_of(run: FidelityRun) -> PersonaSnapshot:
    """With the lorebook as it is now: it is not kept with the run."""
    book = run.persona.snapshot().book if run.persona else None
    return replace(PersonaSnapshot.from_json(run.snapshot), book=book)


def _speaker(asked: FidelityAnswer) -> Speaker:
    return Speaker.from_json(asked.run.speakers[asked.speaker])


def _unanswered(step: Step) -> Said:
    is_failure = step.outcome is Outcome.FAILED and step.drill is None
    outcome = AnswerOutcome.FAILED if is_failure else AnswerOutcome.SKIPPED
    is_passing = step.code in _PASSING or step.message.startswith(LEFT_ALONE)
    return Said(outcome, reason=step.message[:300], is_passing=is_passing)
