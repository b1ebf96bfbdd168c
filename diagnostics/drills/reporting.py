"""What came of a drill, as the ledger and the activity tell it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone

from diagnostics.models import Event
from providers.drills.models import Drill
from usage.models import Call, CallOutcome

MOST_CALLS = 500
FALLBACK = "fallback"
_CIRCUIT = {"circuit_opened": "open", "circuit_half_opened": "half_open", "circuit_closed": "closed"}
_VERBS = {"open": "opened", "half_open": "half opened", "closed": "closed"}
_AFTER = timedelta(seconds=30)
"""An event is noted a moment after what it tells of."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The calls of one reply, in order. `not_asked` is the drill's provider where it was left alone."""

    turn: int | None
    calls: list[Call]
    not_asked: str = ""

    @property
    def answered_by(self) -> str:
        """Empty while nobody has."""
        return next((each.provider for each in self.calls if each.outcome == CallOutcome.ANSWERED), "")


@dataclass(frozen=True, slots=True)
class Change:
    """A circuit of the drill came into this state."""

    at: datetime
    state: str
    circuit: str


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    is_seen: bool
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    drill: Drill
    replies: list[Reply]
    changes: list[Change]
    is_whole: bool
    failed: list[Call] = field(default_factory=list)
    """The calls that failed on purpose."""

    def count(self, *, by_fallback: bool) -> int:
        """Of replies that were answered."""
        speakers = [each.answered_by for each in self.replies if each.answered_by]
        return sum((speaker == FALLBACK) is by_fallback for speaker in speakers)

    @property
    def findings(self) -> list[Finding]:
        """What a drill is to show, in order, and what of it was seen."""
        tokens = sum(each.tokens_in + each.tokens_out + each.estimated_tokens for each in self.failed)
        return [
            Finding("Failures", bool(self.failed), _failures(self.failed)),
            self._failover(),
            *(self._circuit(state, verb) for state, verb in _VERBS.items()),
            Finding("Caps untouched", tokens == 0, f"{tokens} tokens counted for what failed on purpose"),
        ]

    def _failover(self) -> Finding:
        by_others, by_fallback = self.count(by_fallback=False), self.count(by_fallback=True)
        told = [f"{by_others} by the next provider"] if by_others else []
        told += [f"{by_fallback} by the fallback voice"] if by_fallback else []
        return Finding("Answers", bool(told), ", ".join(told) or "none yet")

    def _circuit(self, state: str, verb: str) -> Finding:
        """When it came into this state for the first time."""
        at = next((each.at for each in self.changes if each.state == state), None)
        return Finding(
            f"Circuit {verb}", at is not None, f"{timezone.localtime(at):%H:%M:%S}" if at else "not yet"
        )


def report_of(drill: Drill) -> Report:
    rows = list(Call.objects.filter(drill_id=drill.pk).order_by("pk")[: MOST_CALLS + 1])
    calls = rows[:MOST_CALLS]
    return Report(
        drill,
        replies=_replies(calls, drill.provider),
        changes=_changes(drill),
        is_whole=len(rows) <= MOST_CALLS,
        failed=[each for each in calls if is_staged(each, drill)],
    )


def is_staged(call: Call, drill: Drill) -> bool:
    """Whether this call failed on purpose, and not for a reason of its own."""
    is_target = call.kind != FALLBACK and drill.provider in {"", call.provider}
    return is_target and call.outcome == CallOutcome.FAILED and call.started_at < drill.fails_until


def report_form(report: Report) -> dict[str, Any]:
    """The wire form."""
    return drill_form(report.drill) | {
        "replies": [
            {
                "turn": reply.turn,
                "not_asked": reply.not_asked,
                "answered_by": reply.answered_by,
                "calls": [_call_form(call, report.drill) for call in reply.calls],
            }
            for reply in report.replies
        ],
        "circuit": [asdict(each) for each in report.changes],
        "findings": [asdict(each) for each in report.findings],
        "is_whole": report.is_whole,
    }


def drill_form(drill: Drill) -> dict[str, Any]:
    names = (
        "id",
        "provider",
        "failure",
        "is_for_everybody",
        "starter",
        "started_at",
        "fails_until",
        "ended_at",
    )
    return {name: getattr(drill, name) for name in names} | {"state": drill.state}


def _call_form(call: Call, drill: Drill) -> dict[str, Any]:
    names = ("provider", "model", "outcome", "error_code", "started_at", "first_token_ms", "duration_ms")
    return {name: getattr(call, name) for name in names} | {"is_staged": is_staged(call, drill)}


def _replies(calls: Iterable[Call], provider: str) -> list[Reply]:
    by_turn = sorted(calls, key=lambda call: (call.turn_id or 0, call.pk))
    return [
        _reply(turn, list(group), provider) for turn, group in groupby(by_turn, lambda call: call.turn_id)
    ]


def _reply(turn: int | None, calls: list[Call], provider: str) -> Reply:
    is_asked = provider in {each.provider for each in calls}
    return Reply(turn, calls, not_asked="" if is_asked else provider)


def _changes(drill: Drill) -> list[Change]:
    events = Event.objects.filter(
        kind__in=_CIRCUIT, at__gte=drill.started_at, facts__provider__endswith=f" (drill {drill.pk})"
    ).order_by("pk")
    if drill.ended_at:
        events = events.filter(at__lte=drill.ended_at + _AFTER)
    return [Change(each.at, _CIRCUIT[each.kind], each.facts["provider"]) for each in events[:MOST_CALLS]]


def _failures(failed: list[Call]) -> str:
    codes = sorted({each.error_code for each in failed})
    return f"{len(failed)} × {', '.join(codes)}" if failed else "none yet"
