"""Golden dialogues as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from personas.golden.models import GoldenDialogueRow
from providers.calls import Utterance

if TYPE_CHECKING:
    from personas.models import Persona


@dataclass(frozen=True, slots=True)
class GoldenDialogue:
    """A question, and how this persona answers it at its best."""

    name: str
    """Unique in its persona."""
    question: str
    reply: str
    told: tuple[Utterance, ...] = ()
    """What was said before."""
    markers: tuple[str, ...] = ()
    """Words and turns of which a reply in this voice shows some, as whole words, in any case."""
    avoids: tuple[str, ...] = ()
    """What this voice never says."""
    declines: bool = False
    """The golden reply refuses."""

    def to_json(self) -> dict[str, Any]:
        """A dictionary for a `JSONField` or a file; `from_json` reads it back."""
        whole = asdict(self)
        return whole | {name: list(whole[name]) for name in ("told", "markers", "avoids")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "GoldenDialogue":
        return cls(
            name=data["name"],
            question=data["question"],
            reply=data["reply"],
            told=tuple(Utterance(role=each["role"], text=each["text"]) for each in data.get("told", ())),
            markers=tuple(data.get("markers", ())),
            avoids=tuple(data.get("avoids", ())),
            declines=bool(data.get("declines", False)),
        )


def golden_dialogues(persona: "Persona") -> tuple[GoldenDialogue, ...]:
    """Those that are saved, in their order."""
    return tuple(map(dialogue_of, GoldenDialogueRow.objects.filter(persona=persona.pk)))


def dialogue_of(row: GoldenDialogueRow) -> GoldenDialogue:
    return GoldenDialogue.from_json({each.name: getattr(row, each.name) for each in fields(GoldenDialogue)})
