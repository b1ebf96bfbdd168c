"""How the replies of the demo came about: who was asked, what happened, and how long it took.

Lengths are made up, but always the same for the same question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from providers.calls import Usage
from providers.lineup import FALLBACK, Candidate
from providers.story import Outcome, Step

SCRIPTED, BACKUP, FLAKY = "scripted", "backup", "flaky"
TOKENS_A_SECOND = 55
_FIRST_TOKEN = (310, 880)


@dataclass(frozen=True, slots=True)
class _Part:
    """What became of one provider. `ms`: the time it took is between these; None: as long as it wrote."""

    provider: str
    outcome: Outcome
    code: str = ""
    message: str = ""
    ms: tuple[float, float] | None = (0, 0)
    spoke: bool = False


_ANSWERED = _Part(SCRIPTED, Outcome.ANSWERED, ms=None, spoke=True)
_FAILED = _Part(FLAKY, Outcome.FAILED, "server_failed", "failed as its script says", (90, 420))
_PASSED_BY = _Part(FLAKY, Outcome.SKIPPED, "skipped", "its circuit is open for another {left} s")
_CUT = "the stream was cut before it was complete"
_BROKEN_OFF = _Part(FLAKY, Outcome.FAILED, "connection_broken", _CUT, (2_900, 4_400), spoke=True)
_TIMED_OUT = _Part(
    SCRIPTED, Outcome.FAILED, "time_limit_passed", "no first token within 20 s", (20_001, 20_009)
)
_UNREACHABLE = _Part(
    BACKUP, Outcome.FAILED, "connection_broken", "the connection failed (it cannot be reached)", (3, 9)
)
_STOPPED = _Part(SCRIPTED, Outcome.STOPPED, "stopped", "", (2_200, 3_900), spoke=True)
_FALLBACK = _Part(FALLBACK, Outcome.ANSWERED, "", "", (1, 3))

STORIES = {
    "answered": (_ANSWERED,),
    "failover": (_FAILED, _ANSWERED),
    "passed_by": (_PASSED_BY, _ANSWERED),
    "fallback": (_TIMED_OUT, _UNREACHABLE, _PASSED_BY, _FALLBACK),
    "stopped": (_STOPPED,),
    "replaced": (_BROKEN_OFF, _ANSWERED),
}
WHY_REPLACED = f"{FLAKY} broke off: {_CUT}"


def story_of(how: str, *, asked: str, usage: Usage, candidates: Mapping[str, Candidate]) -> tuple[Step, ...]:
    return tuple(_step(part, asked, usage, candidates[part.provider]) for part in STORIES[how])


def _step(part: _Part, asked: str, usage: Usage, candidate: Candidate) -> Step:
    config = candidate.config
    first = spread(*_FIRST_TOKEN, of=f"{asked} first") if part.spoke else None
    writing = usage.tokens_out / TOKENS_A_SECOND * 1000
    low, high = part.ms or (0.9 * writing, 1.1 * writing)
    return Step(
        provider=config.name,
        kind=config.kind,
        label=candidate.label,
        model=config.model,
        outcome=part.outcome,
        round=0 if candidate.is_fallback else 1,
        code=part.code,
        message=part.message.format(left=round(spread(11, 52, of=asked))),
        first_token_ms=first,
        duration_ms=round((first or 0) + spread(low, high, of=f"{asked} {part.provider}"), 1),
    )


def spread(low: float, high: float, *, of: str) -> float:
    """A number between them that looks like chance and is none."""
    return round(low + (high - low) * crc32(of.encode()) / 2**32, 1)
