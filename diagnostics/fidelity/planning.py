"""What a run would do, before it is started: who would be asked, how often, and what that costs at most."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from diagnostics.fidelity.speakers import Speaker, candidates_of, request_for, speaker_of, speakers_of
from diagnostics.fidelity.starting import MOST_DIALOGUES
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from providers.calls import CallRequest, Usage, estimate_tokens
from providers.engine_settings import current_limits
from usage.dry_run import Prospect, prospects_of
from usage.pricing import cost_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A speaker, why it would be skipped now, and what all of its calls could cost at most: None where
    nobody knows a price."""

    speaker: Speaker
    reason: str
    most_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Plan:
    speakers: list[Planned]
    dialogues: int

    @property
    def calls(self) -> int:
        """Without those that would be skipped."""
        return len(self._asked) * self.dialogues

    @property
    def most_usd(self) -> Decimal:
        """Of those whose price is known."""
        return sum((each.most_usd for each in self._asked if each.most_usd is not None), Decimal(0))

    @property
    def is_priced(self) -> bool:
        """Whether anybody's price is known."""
        return any(each.most_usd is not None and not each.speaker.is_fallback for each in self._asked)

    @property
    def unpriced(self) -> list[str]:
        return [each.speaker.name for each in self._asked if each.most_usd is None]

    @property
    def _asked(self) -> list[Planned]:
        return [each for each in self.speakers if not each.reason]


def plan_of(persona: Persona, *, user_id: int | None, only: Collection[str] = ()) -> Plan:
    """Of the persona as it is saved, with `only` as in `speakers_of`. Knocks at local servers; no model is
    called."""
    limits, snapshot = current_limits(), persona.snapshot()
    dialogues = golden_dialogues(persona)[:MOST_DIALOGUES]
    usages = [_most_of(request_for(snapshot, each, limits)) for each in dialogues]
    longest = max(usages, key=lambda usage: usage.tokens_in, default=Usage())
    chosen = speakers_of(snapshot, only=only)
    candidates = candidates_of(snapshot, limits, user_id=user_id)
    asked = [each for each in candidates if speaker_of(each) in chosen]
    found = prospects_of(asked, persona, limits, longest=longest, shortest=longest)
    return Plan([_planned(each, usages) for each in found], len(dialogues))


def _most_of(request: CallRequest) -> Usage:
    tokens = estimate_tokens(request.system, *(each.text for each in request.messages))
    return Usage(tokens, request.max_tokens)


def _planned(prospect: Prospect, usages: Sequence[Usage]) -> Planned:
    costs = [cost_of(prospect.candidate, each).usd for each in usages]
    known = [each for each in costs if each is not None]
    most = sum(known, Decimal(0)) if len(known) == len(costs) else None
    return Planned(speaker_of(prospect.candidate), prospect.reason, most)
