"""What a memory may hold."""

from typing import Any

from core.errors import InvalidInput
from core.text import is_storable
from memory.models import COLD_CHARACTERS, MOST_IMPORTANT, WARM_CHARACTERS, WARM_KINDS, Kind


def checked_values(*, kind: str, text: str, importance: int, confidence: float) -> dict[str, Any]:
    """Raises `InvalidInput`."""
    most = COLD_CHARACTERS if kind == Kind.SUMMARY else WARM_CHARACTERS
    text = " ".join(text.split()) if kind != Kind.SUMMARY else text.strip()
    if not text or len(text) > most or not is_storable(text):
        raise InvalidInput(f"A memory has 1 to {most:,} characters of text.", code="memory_invalid")
    if kind not in Kind.values:
        raise InvalidInput(f"A memory is one of: {', '.join(WARM_KINDS)}.", code="memory_invalid")
    if not 1 <= importance <= MOST_IMPORTANT:
        raise InvalidInput(f"Importance goes from 1 to {MOST_IMPORTANT}.", code="memory_invalid")
    if not 0 <= confidence <= 1:
        raise InvalidInput("Confidence goes from 0 to 1.", code="memory_invalid")
    return {"kind": kind, "text": text, "importance": importance, "confidence": confidence}
