"""Who may be remembered: the engine's setting for all, a persona's own, and a person's own."""

from django.db import transaction

from accounts.audit.recording import record
from accounts.models import User
from core.queries import row_or_none
from memory.models import Preference
from personas.models import Persona
from providers.engine_settings import current_limits
from providers.limits import EngineLimits


def may_remember(*, person_id: int, persona: Persona | None, limits: EngineLimits) -> bool:
    """Whether what this person says to this persona may become a memory."""
    return limits.memory and persona is not None and persona.has_memory and wants_memory(person_id)


def wants_memory(person_id: int) -> bool:
    preference = row_or_none(Preference.objects.filter(person=person_id))
    return preference is None or preference.is_on


def standing(person: User, persona: Persona) -> dict[str, bool]:
    """Each switch, and whether memory is in use."""
    limits = current_limits()
    return {
        "is_on": may_remember(person_id=person.pk, persona=persona, limits=limits),
        "is_on_for_all": limits.memory,
        "is_on_for_persona": persona.has_memory,
        "is_on_for_you": wants_memory(person.pk),
    }


@transaction.atomic
def want_memory(person: User, *, is_on: bool) -> None:
    """From the next reply on. What is stored stays, until it is deleted."""
    Preference.objects.update_or_create(person=person, defaults={"is_on": is_on})
    record("memory.switched", actor=person, target=person, name=person.username, is_on=is_on)


@transaction.atomic
def switch_persona(persona: Persona, *, is_on: bool, actor: User) -> None:
    """From its next reply on, for everybody."""
    persona.has_memory = is_on
    persona.save(update_fields=["has_memory", "updated_at"])
    record("persona.memory_switched", actor=actor, target=persona, name=persona.slug, is_on=is_on)
