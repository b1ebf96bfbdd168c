"""A persona as it was when a turn started: plain data that can be stored with the turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from personas.cards.lorebook import Book
from providers.calls import NEUTRAL_VOICE, Voice


@dataclass(frozen=True, slots=True)
class PersonaSnapshot:
    """Everything the next reply uses. Without a slug it is the neutral voice, and nobody else's."""

    slug: str = ""
    name: str = NEUTRAL_VOICE.name
    role: str = ""
    colour: str = "slate"
    description: str = ""
    tone: str = ""
    background: str = ""
    common_phrases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    system_prompt: str = ""
    greeting: str = ""
    example_dialogue: str = ""
    nickname: str = ""
    scenario: str = ""
    reminder: str = ""
    is_quoted: bool = False
    book: Book | None = field(default=None, compare=False)
    """Not stored with the turn: it may be long, and most of it is not used."""
    traits: tuple[tuple[str, int], ...] = ()
    communication_style: str = ""
    engagement: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    cascade: tuple[str, ...] = ()

    @property
    def voice(self) -> Voice:
        return Voice(
            slug=self.slug,
            name=self.name,
            role=self.role,
            tone=self.tone,
            common_phrases=self.common_phrases,
            quirks=self.quirks,
            topics=self.topics,
        )

    def to_json(self) -> dict[str, Any]:
        """A dictionary for a `JSONField`; `from_json` reads it back."""
        stored = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "book"}
        return stored | {"traits": dict(self.traits)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PersonaSnapshot":
        """Also reads what an older or newer version stored: unknown keys are left out."""
        known = {each.name: data[each.name] for each in fields(cls) if each.name in data}
        for name in ("common_phrases", "topics", "quirks", "cascade"):
            if name in known:
                known[name] = tuple(known[name])
        if "traits" in known:
            known["traits"] = tuple(sorted(known["traits"].items()))
        return cls(**known)


NEUTRAL_SNAPSHOT = PersonaSnapshot()
