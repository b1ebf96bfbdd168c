"""Remembering that a persona has reached a daily cap."""

from datetime import date

from django.db.models import Q

from personas.models import Persona


def mark_capped(persona_id: int, *, on: date) -> bool:
    """True for the one who marks it first on this day."""
    not_yet = Q(capped_on__isnull=True) | ~Q(capped_on=on)
    return bool(Persona.objects.filter(not_yet, pk=persona_id).update(capped_on=on))
