"""Who is asked in a run: the providers of the persona's cascade, other enabled ones, the fallback voice."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput
from diagnostics.fidelity.models import FidelityRun
from personas.golden.dialogues import GoldenDialogue
from personas.prompting import build_system_prompt
from personas.snapshots import PersonaSnapshot
from providers.calls import CallRequest, Utterance
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.lineup import FALLBACK, Candidate, line_up
from providers.models import Provider

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


def speakers_of(snapshot: PersonaSnapshot, *, only: Collection[str] = ()) -> list[Speaker]:
    """Those with these names or entries alone, where some are given. Raises `InvalidInput`."""
    speakers = [speaker_of(each) for each in candidates_of(snapshot, current_limits())]
    if unknown := set(only).difference(*((each.name, each.entry) for each in speakers)):
        known = ", ".join(dict.fromkeys(each.name for each in speakers))
        raise InvalidInput(
            f"There is nobody called “{min(unknown)[:60]}”. Those who could speak: {known}.",
            code="fidelity_speaker_unknown",
        )
    return [each for each in speakers if not only or {each.name, each.entry} & set(only)]


def speakers_in(run: FidelityRun) -> list[Speaker]:
    return [Speaker.from_json(each) for each in run.speakers]


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


def candidates_of(
    snapshot: PersonaSnapshot, limits: EngineLimits, *, user_id: int | None = None
) -> list[Candidate]:
    """The fallback voice last. More than a run has room for are left out at the end."""
    enabled = Provider.objects.filter(is_enabled=True).values_list("name", flat=True)
    chosen = {entry.split()[0] for entry in snapshot.cascade}
    entries = [*snapshot.cascade, *(name for name in enabled if name not in chosen)]
    *others, fallback = line_up(entries, limits, user_id=user_id)
    return [*others[: MOST_SPEAKERS - 1], fallback]


def speaker_of(candidate: Candidate) -> Speaker:
    config = candidate.config
    entry = FALLBACK if candidate.is_fallback else f"{config.name} {config.model}".strip()
    return Speaker(entry, config.name, config.model, candidate.label, candidate.is_fallback)
