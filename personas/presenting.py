"""What people may read of a persona, with its macros filled in."""

import json
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from personas.cards.mapping import as_text, data_of
from personas.macros import filled
from personas.models import Card, Persona
from personas.opening import dialogues_of, other_greetings


def about(persona: Persona, reader: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """Its greetings and dialogues, and what the maker of its card says to readers."""

    def told(text: str) -> str:
        return filled(text, char=persona.nickname or persona.name, user=reader.get_username())

    data = _card_of(persona)
    return {
        "greeting": told(persona.greeting),
        "other_greetings": [told(each) for each in other_greetings([persona]).get(persona.pk, [])],
        "dialogues": [told(each) for each in dialogues_of(persona)],
        "scenario": told(persona.scenario),
        "creator": as_text(data.get("creator")),
        "creator_notes": as_text(data.get("creator_notes")),
    }


def _card_of(persona: Persona) -> dict[str, Any]:
    original = Card.objects.filter(persona=persona).values_list("original", flat=True).first()
    return data_of(json.loads(original)) if original else {}
