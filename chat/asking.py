"""What a model is asked for a turn, and the receipt of it: what the reply can go by."""

from typing import Any

from chat.briefs import Brief
from chat.history import dialogue_up_to
from chat.models import Turn
from memory.recall import Recalled
from personas.macros import filled
from personas.prompting import build_system_prompt, lore_for
from personas.snapshots import PersonaSnapshot
from providers.calls import CallRequest
from providers.limits import EngineLimits

_SHOWN_LORE = 300


def asking(
    turn: Turn,
    snapshot: PersonaSnapshot,
    brief: Brief,
    limits: EngineLimits,
    *,
    memories: tuple[Recalled, ...] = (),
) -> tuple[CallRequest, dict[str, Any]]:
    """The memories are kept with the turn already; the receipt has everything else that is found only now."""
    most = snapshot.max_tokens or limits.max_output
    messages = dialogue_up_to(turn, limits)
    lore = lore_for(snapshot, [each.text for each in messages])
    request = CallRequest(
        system=build_system_prompt(
            snapshot, memories=[each.line for each in memories], program_notes=brief.notes, lore=lore
        ),
        messages=messages,
        voice=snapshot.voice,
        max_tokens=min(brief.max_tokens or most, most),
        temperature=snapshot.temperature if brief.temperature is None else brief.temperature,
    )
    name = snapshot.nickname or snapshot.name
    return request, _receipt(request, [filled(each.content, char=name) for each in lore])


def _receipt(request: CallRequest, lore: list[str]) -> dict[str, Any]:
    return {
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "messages": len(request.messages),
        "lore": [each[:_SHOWN_LORE] for each in lore],
    }
