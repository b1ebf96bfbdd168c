"""What people do with memories about themselves. Each change is in the audit log, without its text."""

from typing import Any

from django.db import transaction

from accounts.audit.recording import record
from accounts.models import User
from memory.models import Kind, Memory, Origin
from memory.selectors import own_memory
from memory.services import forget, remember, update
from personas.models import Persona


@transaction.atomic
def add_own(person: User, persona: Persona, *, kind: str, text: str, importance: int = 5) -> Memory:
    """Tell a persona something about oneself. Raises `InvalidInput`, `Conflict`."""
    memory = remember(
        persona_id=persona.pk,
        person_id=person.pk,
        kind=_kind(kind),
        text=text,
        origin=Origin.PERSON,
        importance=importance,
    )
    _note("added", person, memory)
    return memory


@transaction.atomic
def change_own(person: User, memory_id: int, **changes: Any) -> Memory:
    """Put it right. A text of the person's own is certain. Raises `NotFound`, `InvalidInput`, `Conflict`."""
    memory = own_memory(person, memory_id)
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    if given.get("text", memory.text) != memory.text:
        given |= {"origin": Origin.PERSON, "confidence": 1.0}
    update(memory, sources=(), **given)
    _note("changed", person, memory)
    return memory


@transaction.atomic
def delete_own(person: User, memory_id: int) -> Persona:
    """Returns whose memory it was. Raises `NotFound`."""
    memory = own_memory(person, memory_id)
    _note("deleted", person, memory)
    forget(Memory.objects.filter(pk=memory.pk))
    return memory.persona


@transaction.atomic
def forget_own(person: User, persona: Persona) -> int:
    """Everything that this persona knows about this person, also what rests in deleted chats."""
    count = forget(Memory.objects.filter(person=person, persona=persona))
    record("memories.forgotten", actor=person, target=person, name=person.username, persona=persona.slug)
    return count


def _kind(kind: str) -> Kind:
    """An unknown one is refused with everything else that is no memory."""
    return Kind(kind) if kind in Kind.values else kind  # type: ignore[return-value]


def _note(what: str, person: User, memory: Memory) -> None:
    slug = memory.persona.slug
    record(f"memory.{what}", actor=person, target=memory, name=f"of {slug}", persona=slug)
