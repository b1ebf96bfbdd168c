"""What staff do with what personas know: for everybody, and about people whose chats they may read.

Admin and the API come here. Each change is in the audit log, without its text.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.audit.recording import record
from accounts.models import User
from accounts.rights import Right
from core.errors import NotFound
from core.queries import row_or_none
from memory.models import Kind, Memory, Origin
from memory.services import forget, remember, update, usable
from personas.models import Persona


def seen_by(staff: User) -> QuerySet[Memory]:
    """What holds for everybody; what is about people only for who may read what they say."""
    rows = usable().select_related("persona", "person").prefetch_related("sources", "supersedes")
    return rows if staff.may(Right.READ_OTHERS_CHATS) else rows.filter(person=None)


@transaction.atomic
def add_for_everybody(staff: User, persona: Persona, **values: Any) -> Memory:
    """Raises `InvalidInput`, `Conflict`."""
    values["kind"] = Kind(values["kind"])
    memory = remember(persona_id=persona.pk, person_id=None, origin=Origin.STAFF, **values)
    _note("added", staff, memory)
    return memory


@transaction.atomic
def change(staff: User, memory_id: int, **changes: Any) -> Memory:
    """What is left out, or None, stays. Raises `NotFound`, `InvalidInput`, `Conflict`."""
    memory = _one(staff, memory_id)
    given = {name: value for name, value in changes.items() if value is not None}
    update(memory, **given, origin=Origin.STAFF)
    _note("changed", staff, memory)
    return memory


@transaction.atomic
def delete(staff: User, memory_id: int) -> None:
    """For good, with what it took the place of. Raises `NotFound`."""
    memory = _one(staff, memory_id)
    _note("deleted", staff, memory)
    forget(Memory.objects.filter(pk=memory.pk))


def name_of(memory: Memory) -> str:
    """As the audit log calls it."""
    return f"of {memory.persona.slug} about {memory.person.username if memory.person else 'everybody'}"


def _one(staff: User, memory_id: int) -> Memory:
    memory = row_or_none(seen_by(staff).filter(pk=memory_id))
    if memory is None:
        raise NotFound("There is no such memory.", code="memory_not_found")
    return memory


def _note(what: str, staff: User, memory: Memory) -> None:
    record(f"memory.{what}", actor=staff, target=memory, name=name_of(memory), persona=memory.persona.slug)
