"""What a card says, as the fields of a persona. Pure: the same card gives the same fields.

Writing a card goes the other way: what the persona still has as this gives it, is written as it came.
"""

import unicodedata
import zlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from personas import limits
from personas.choices import AvatarColour
from personas.macros import modernised
from personas.models import Persona

WORDS = {
    "background": ("description", limits.BACKGROUND),
    "tone": ("personality", limits.TONE),
    "scenario": ("scenario", limits.SCENARIO),
    "greeting": ("first_mes", limits.GREETING),
    "example_dialogue": ("mes_example", limits.EXAMPLE_DIALOGUE),
    "system_prompt": ("system_prompt", limits.SYSTEM_PROMPT),
    "reminder": ("post_history_instructions", limits.REMINDER),
}
"""Our long texts: what a card calls each, and how long it may be here."""

OURS = (
    *("role", "colour", "description", "common_phrases", "topics", "quirks", "traits"),
    *("communication_style", "engagement", "temperature", "max_tokens"),
)
"""What cards have no field for: it goes into `extensions.valis`."""


def data_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a card with its fields, whichever version it is."""
    data = card.get("data") if "spec" in card else card
    return dict(data) if isinstance(data, dict) else {}


def fields_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a persona. Texts that are too long are cut, values of the wrong kind left out."""
    data = data_of(card)
    name = _line(data.get("name"), limits.NAME)
    fields: dict[str, Any] = {
        "name": name or "Nameless",
        "nickname": _line(data.get("nickname"), limits.NAME),
        "tags": _tags(data.get("tags")),
        "colour": _colour(name),
    }
    for ours, (theirs, limit) in WORDS.items():
        fields[ours] = as_text(data.get(theirs))[:limit].strip()
    return fields | own_fields(ours_in(data), OURS)


def greetings_in(card: Mapping[str, Any]) -> list[str]:
    """What it offers beside its first message."""
    texts = data_of(card).get("alternate_greetings")
    found = (as_text(each)[: limits.GREETING] for each in texts) if isinstance(texts, list) else ()
    return list(filter(None, found))[: limits.GREETINGS]


def ours_in(data: Mapping[str, Any]) -> dict[str, Any]:
    extensions = data.get("extensions")
    ours = extensions.get("valis") if isinstance(extensions, dict) else None
    return dict(ours) if isinstance(ours, dict) else {}


def own_fields(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the values that are named and that a persona can have."""
    return {name: values[name] for name in names if name in values and is_possible(name, values[name])}


def is_possible(name: str, value: Any) -> bool:
    field: Any = Persona._meta.get_field(name)
    kind = Persona.JSON_SHAPES.get(name) or {"FloatField": float | int | None}.get(field.get_internal_type())
    if kind is None:
        kind = str if field.empty_strings_allowed else int | None
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    try:
        field.clean(value, None)
    except (ValidationError, OverflowError):
        return False
    return True


def as_text(value: Any) -> str:
    """Without what a persona's texts may not contain, and with today's macros."""
    if not isinstance(value, str):
        return ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = (each for each in lines if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))
    return modernised("".join(kept)).strip()


def _line(value: Any, limit: int) -> str:
    return " ".join(as_text(value).split())[:limit].strip()


def _tags(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else []
    lines = dict.fromkeys(line for each in texts if (line := _line(each, limits.TAG)))
    return list(lines)[: limits.LIST_ITEMS]


def _colour(name: str) -> str:
    return AvatarColour.values[zlib.crc32(name.encode()) % len(AvatarColour.values)]
