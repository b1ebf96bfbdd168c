"""What people do with memories about themselves. Each change is in the audit log, without its text."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from core.queries import in_single_file
from memory.models import Kind, Memory, Origin
from memory.selectors import deleted_memory, own_memory
from memory.services import forget, remember, update, usable
from memory.sources import has_lost_ground
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
def delete_own(person: User, memory_id: int) -> Memory:
    """Out of use at once; gone for good if the person does not take it back in minutes. Raises `NotFound`."""
    memory = own_memory(person, memory_id)
    _note("deleted", person, memory)
    Memory.objects.filter(pk=memory.pk).update(deleted_at=timezone.now(), is_withdrawn=True)
    return memory


@transaction.atomic
def restore_own(person: User, memory_id: int) -> Memory:
    """Take the deletion back. Where the same was told anew meanwhile, that one stays. Raises `NotFound`."""
    memory = deleted_memory(person, memory_id)
    in_single_file(f"memories {memory.persona_id} {person.pk}")
    known = usable().filter(person=person, persona=memory.persona_id, kind=memory.kind)
    if same := known.filter(text__iexact=memory.text).first():
        forget(Memory.objects.filter(pk=memory.pk))
        return own_memory(person, same.pk)
    _note("restored", person, memory)
    memory.deleted_at, memory.is_withdrawn = None, has_lost_ground(memory)
    memory.save(update_fields=["deleted_at", "is_withdrawn"])
    return memory


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
