"""What a program brings along with its question over `/v1`: plain data, kept with the turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.calls import Utterance


@dataclass(frozen=True, slots=True)
class Brief:
    """Wishes for one reply. What is left empty is as in any other chat.

    `dialogue` ends with the question; `notes` are the program's own instructions; `model` is the only
    model that may answer, `max_tokens` and `temperature` go no further than the persona's own limits.
    """

    dialogue: tuple[Utterance, ...] = ()
    notes: str = ""
    model: str = ""
    max_tokens: int | None = None
    temperature: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A dictionary for a `JSONField`; `from_json` reads it back."""
        return {
            "dialogue": [[each.role, each.text] for each in self.dialogue],
            "notes": self.notes,
            "model": self.model,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "Brief":
        """Also reads nothing at all, which is what most turns have."""
        if not data:
            return NO_BRIEF
        dialogue = tuple(Utterance(role, text) for role, text in data.get("dialogue", ()))
        return cls(
            dialogue=dialogue,
            notes=data.get("notes", ""),
            model=data.get("model", ""),
            max_tokens=data.get("max_tokens"),
            temperature=data.get("temperature"),
        )


NO_BRIEF = Brief()
