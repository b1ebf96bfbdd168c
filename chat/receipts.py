"""Why a reply is as it is: what it could go by, as it was when it was written."""

from typing import Any

from chat.models import Turn
from memory.selectors import still_there
from personas.snapshots import PersonaSnapshot
from personas.traits import traits_in_words


def receipt_of(turn: Turn) -> dict[str, Any] | None:
    """None before there is a reply. The fallback voice goes by tone and phrases of the persona alone.

    A memory that was deleted meanwhile is there without its text.
    """
    attempt = turn.current_attempt
    if attempt is None or not attempt.provider:
        return None
    kept = attempt.receipt or {}
    is_fallback = bool(attempt.provider.get("is_fallback"))
    persona = PersonaSnapshot.from_json(turn.snapshot)
    memories = [] if is_fallback else _memories(turn)
    return {
        "is_fallback": is_fallback,
        "provider": attempt.provider.get("label", ""),
        "model": attempt.provider.get("model", ""),
        "temperature": None if is_fallback else kept.get("temperature"),
        "max_tokens": kept.get("max_tokens"),
        "messages": kept.get("messages"),
        "style": [] if is_fallback else list(filter(None, (persona.communication_style, persona.engagement))),
        "traits": [] if is_fallback else traits_in_words(persona.traits),
        "memories": memories,
        "gone": sum(not each["is_there"] for each in memories),
        "lore": [] if is_fallback else kept.get("lore", []),
    }


def _memories(turn: Turn) -> list[dict[str, Any]]:
    kept = turn.snapshot.get("memories", {})
    there = still_there(map(int, kept), person_id=turn.session.owner_id)
    return [
        {
            "id": int(pk),
            "kind": told["kind"],
            "text": told["text"] if int(pk) in there else "",
            "is_there": int(pk) in there,
            "is_general": there.get(int(pk)) is False,
        }
        for pk, told in sorted(kept.items(), key=lambda each: int(each[0]))
    ]
