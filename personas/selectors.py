"""Reading personas. Nothing is kept: a saved change is seen by the next caller."""

from django.db.models import QuerySet

from core.errors import NotFound
from core.queries import row_or_none
from personas.models import Persona


def active_personas() -> QuerySet[Persona]:
    """Those a chat may choose, in the order they are listed."""
    return Persona.objects.filter(is_active=True)


def get_active_persona(slug: str) -> Persona:
    """Raises `NotFound(code="persona_not_found")` for one that is unknown or not active."""
    persona = row_or_none(active_personas().filter(slug=slug))
    if persona is None:
        raise NotFound(
            "There is no such persona, or it is not active.", code="persona_not_found", persona=slug
        )
    return persona
