"""Who is asked in a run: the providers of the persona's cascade, other enabled ones, the fallback voice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput
from personas.golden.dialogues import GoldenDialogue
from personas.models import Persona
from personas.prompting import build_system_prompt
from personas.snapshots import PersonaSnapshot
from providers.calls import CallRequest, Usage, Utterance, estimate_tokens
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.lineup import FALLBACK, Candidate, line_up
from providers.models import Provider
from usage.dry_run import Prospect, prospects_of
from usage.pricing import Cost, cost_of

MOST_SPEAKERS = 12


@dataclass(frozen=True, slots=True)
class Speaker:
    """`entry` is how a cascade names it: a provider and its model."""

    entry: str
    name: str
    model: str
    label: str
    is_fallback: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Speaker":
        return cls(**{name: data[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Planned:
    """A speaker, why it would be skipped now, and what all of its calls could cost at most."""

    speaker: Speaker
    reason: str
    most: Cost


def speakers_of(snapshot: PersonaSnapshot, *, only: Collection[str] = ()) -> list[Speaker]:
    """Those with these names alone, where some are given. Raises `InvalidInput` for a name nobody has."""
    speakers = [_speaker(each) for each in _candidates(snapshot, current_limits())]
    if unknown := [name for name in only if name not in {each.name for each in speakers}]:
        known = ", ".join(dict.fromkeys(each.name for each in speakers))
        raise InvalidInput(
            f"There is nobody called “{unknown[0][:60]}”. Those who could speak: {known}.",
            code="fidelity_speaker_unknown",
        )
    return [each for each in speakers if not only or each.name in only]


def planned(persona: Persona, dialogues: Sequence[GoldenDialogue], *, user_id: int | None) -> list[Planned]:
    """What a run of the persona as it is saved would do. Knocks at local servers; no model is called."""
    limits, snapshot = current_limits(), persona.snapshot()
    requests = [request_for(snapshot, each, limits) for each in dialogues]
    usages = [Usage(tokens_of(each), each.max_tokens) for each in requests]
    most = max(usages, key=lambda usage: usage.tokens_in, default=Usage())
    candidates = _candidates(snapshot, limits, user_id=user_id)
    found = prospects_of(candidates, persona, limits, longest=most, shortest=most)
    return [_planned(each, usages) for each in found]


def request_for(snapshot: PersonaSnapshot, dialogue: GoldenDialogue, limits: EngineLimits) -> CallRequest:
    """What a new chat would send with this dialogue: nobody is remembered."""
    messages = (*dialogue.told, Utterance("user", dialogue.question))
    return CallRequest(
        system=build_system_prompt(snapshot, recent=[each.text for each in messages]),
        messages=messages,
        voice=snapshot.voice,
        max_tokens=snapshot.max_tokens or limits.max_output,
        temperature=snapshot.temperature,
    )


def tokens_of(request: CallRequest) -> int:
    return estimate_tokens(request.system, *(each.text for each in request.messages))


def _planned(prospect: Prospect, usages: Sequence[Usage]) -> Planned:
    costs = [cost_of(prospect.candidate, each) for each in usages]
    known = [each.usd for each in costs if each.usd is not None]
    whole = sum(known[1:], known[0]) if known and len(known) == len(costs) else None
    return Planned(_speaker(prospect.candidate), prospect.reason, Cost(whole, prospect.most.pricing))


def _candidates(
    snapshot: PersonaSnapshot, limits: EngineLimits, *, user_id: int | None = None
) -> list[Candidate]:
    """The fallback voice last. More than a run has room for are left out at the end."""
    enabled = Provider.objects.filter(is_enabled=True).values_list("name", flat=True)
    chosen = {entry.split()[0] for entry in snapshot.cascade}
    entries = [*snapshot.cascade, *(name for name in enabled if name not in chosen)]
    *others, fallback = line_up(entries, limits, user_id=user_id)
    return [*others[: MOST_SPEAKERS - 1], fallback]


def _speaker(candidate: Candidate) -> Speaker:
    config = candidate.config
    entry = FALLBACK if candidate.is_fallback else f"{config.name} {config.model}".strip()
    return Speaker(entry, config.name, config.model, candidate.label, candidate.is_fallback)
