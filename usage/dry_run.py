"""A dry run: what would happen if somebody wrote to a persona now? No model is called."""

from dataclasses import dataclass

from personas.models import Persona
from personas.prompting import prompt_preview
from providers.calls import Usage, estimate_tokens
from providers.circuits.guarding import Circuits
from providers.engine_settings import current_limits
from providers.instances import reason_to_skip
from providers.limits import EngineLimits
from providers.lineup import Candidate, line_up
from providers.places import busy_places
from usage.caps import DailyCap
from usage.pricing import Cost, cost_of


@dataclass(frozen=True, slots=True)
class Prospect:
    """One candidate: it would be asked when those before it fail, or be skipped for a reason.

    `most` is what one call could cost: the longest dialogue that is told, and the longest reply.
    """

    candidate: Candidate
    reason: str
    most: Cost

    @property
    def would_run(self) -> bool:
        return not self.reason


def dry_run(persona: Persona, *, user_id: int | None = None) -> list[Prospect]:
    """The persona's cascade in order, the fallback voice last. Knocks at local servers, as a reply does.

    `user_id` is who would ask, and may be in a drill.
    """
    limits = current_limits()
    candidates = line_up(tuple(persona.snapshot().cascade), limits, user_id=user_id)
    _, prompt_tokens = prompt_preview(persona)
    longest_reply = persona.max_tokens or limits.max_output
    longest = Usage(prompt_tokens + estimate_tokens("x" * limits.history_characters), longest_reply)
    return prospects_of(
        candidates, persona, limits, longest=longest, shortest=Usage(prompt_tokens, longest_reply)
    )


def prospects_of(
    candidates: list[Candidate], persona: Persona, limits: EngineLimits, *, longest: Usage, shortest: Usage
) -> list[Prospect]:
    """What would become of each, if it were asked for so much."""
    circuits = Circuits(limits)
    circuits.look(candidates)
    busy = busy_places()
    return [
        Prospect(
            each,
            _reason(each, circuits, busy) or _over_cap(each, persona, limits, shortest),
            cost_of(each, longest),
        )
        for each in candidates
    ]


def _reason(candidate: Candidate, circuits: Circuits, busy: dict[str, int]) -> str:
    if candidate.skip_reason or candidate.is_fallback:
        return candidate.skip_reason
    if candidate.drill and candidate.fails_on_purpose:
        return f"it fails on purpose in drill {candidate.drill.drill}"
    if refusal := circuits.refusal(candidate):
        return refusal.reason
    if candidate.places is not None and busy.get(candidate.config.name, 0) >= candidate.places:
        return f"all {candidate.places} places are busy"
    return reason_to_skip(candidate)


def _over_cap(candidate: Candidate, persona: Persona, limits: EngineLimits, usage: Usage) -> str:
    """Why even the shortest question would go over what is left of the persona's day."""
    if candidate.is_fallback:
        return ""
    tokens, cost = usage.tokens_in + usage.tokens_out, cost_of(candidate, usage).usd
    return DailyCap(persona.pk, limits).why_not(persona, tokens=tokens, cost=float(cost or 0))
