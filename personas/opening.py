"""How a chat with a persona can begin: its greetings, and what one might say to it."""

import re
from collections.abc import Iterable

from personas.macros import filled
from personas.models import Card, Persona

MOST_OPENERS = 3
_LONGEST_OPENER = 140
_START = re.compile(r"^\s*<START>\s*$", re.IGNORECASE | re.MULTILINE)
_BY_PERSON = re.compile(r"\s*(?:Person|\{\{user\}\})[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)


def other_greetings(personas: Iterable[Persona]) -> dict[int, list[str]]:
    """What the cards of these personas offer beside the greeting itself, by the persona's key."""
    cards = Card.objects.filter(persona__in=[each.pk for each in personas]).exclude(greetings=[])
    return dict(cards.values_list("persona", "greetings"))


def dialogues_of(persona: Persona) -> list[str]:
    return [each.strip() for each in _START.split(persona.example_dialogue) if each.strip()]


def openers_of(persona: Persona, *, reader: str) -> list[str]:
    """What people begin its example dialogues with, as far as it is short."""
    said = filter(None, map(_BY_PERSON.match, dialogues_of(persona)))
    texts = (filled(each[1].strip(), char=persona.nickname or persona.name, user=reader) for each in said)
    return [each for each in texts if len(each) <= _LONGEST_OPENER][:MOST_OPENERS]
