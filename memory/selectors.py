"""Reading what personas know: one's own, and for the few who have that right, other people's."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from core.errors import NotFound
from core.queries import row_or_none
from core.search.words import words_of
from core.text import is_storable
from memory.forgetting import CAN_BE_UNDONE_FOR
from memory.index import MEMORIES
from memory.models import WARM_KINDS, Kind, Memory
from memory.services import usable
from personas.models import Persona

WARM_PAGE, COLD_PAGE = 50, 10


def about(person: User, persona: Persona) -> QuerySet[Memory]:
    """What this persona knows about this person, the newest first; and what holds for everybody."""
    theirs = Q(person=person) | Q(person=None)
    rows = usable().filter(theirs, persona=persona).order_by("-pk")
    return rows.select_related("persona").prefetch_related("sources", "supersedes")


def found(memories: QuerySet[Memory], query: str) -> QuerySet[Memory]:
    """Those with these words. Raises `InvalidInput`."""
    return MEMORIES.matching(memories, words_of(query))


def warm(memories: QuerySet[Memory], kind: str = "") -> QuerySet[Memory]:
    return memories.filter(kind=kind) if kind else memories.exclude(kind=Kind.SUMMARY)


def cold(memories: QuerySet[Memory]) -> QuerySet[Memory]:
    return memories.filter(kind=Kind.SUMMARY)


def counts(person: User, persona: Persona) -> dict[str, int]:
    """How many there are of each kind."""
    rows = about(person, persona).order_by().prefetch_related(None)
    counted = dict(rows.values_list("kind").annotate(Count("pk")))
    return {kind: counted.get(kind, 0) for kind in (*WARM_KINDS, Kind.SUMMARY)}


def personas_that_know(person: User) -> list[tuple[Persona, int]]:
    """Each with how much it knows about this person, whoever knows most first."""
    counted = dict(usable().filter(person=person).order_by().values_list("persona").annotate(Count("pk")))
    personas = Persona.objects.filter(pk__in=counted)
    return sorted(((each, counted[each.pk]) for each in personas), key=lambda each: (-each[1], each[0].name))


def knows_something(persona: Persona, *, of: User) -> bool:
    """About this very person, also what rests in deleted chats."""
    return Memory.objects.filter(person=of, persona=persona, deleted_at=None).exists()


def own_memory(person: User, memory_id: int) -> Memory:
    """One about this very person. Raises `NotFound`."""
    rows = usable().select_related("persona").prefetch_related("sources", "supersedes")
    memory = row_or_none(rows.filter(person=person, pk=memory_id))
    if memory is None:
        raise NotFound("There is no such memory.", code="memory_not_found")
    return memory


def deleted_memory(person: User, memory_id: int) -> Memory:
    """One about this very person, whose deletion can still be taken back. Raises `NotFound`."""
    lately = timezone.now() - CAN_BE_UNDONE_FOR
    rows = Memory.objects.filter(person=person, deleted_at__gt=lately, superseded_by=None)
    rows = rows.select_related("persona").prefetch_related("sources", "supersedes")
    memory = row_or_none(rows.filter(pk=memory_id))
    if memory is None:
        raise NotFound("There is no such memory.", code="memory_not_found")
    return memory


def still_there(memory_ids: Iterable[int], *, person_id: int) -> dict[int, bool]:
    """Those of them that are in use, each with whether it is about this person or holds for everybody."""
    rows = usable().filter(Q(person=person_id) | Q(person=None), pk__in=list(memory_ids))
    return {pk: about is not None for pk, about in rows.order_by().values_list("pk", "person")}


def any_persona(slug: str) -> Persona:
    """Also one that is not active: what it knows is there. Raises `NotFound`."""
    persona = row_or_none(Persona.objects.filter(slug=slug)) if is_storable(slug) else None
    if persona is None:
        raise NotFound("There is no such persona.", code="persona_not_found", persona=slug)
    return persona


def person_read_by(reader: User, username: str, persona: Persona) -> User:
    """Somebody else, for a reader who may read their chats; it is audited. Raises `NotFound`."""
    person = row_or_none(User.objects.filter(username=username)) if is_storable(username) else None
    if person is None:
        raise NotFound("There is nobody of this name.")
    record("memories.read", actor=reader, target=person, name=person.username, persona=persona.slug)
    return person


def exported(person: User, persona: Persona) -> Iterator[dict[str, Any]]:
    """What a file has of each memory about this person."""
    for memory in about(person, persona).filter(person=person).order_by("pk").iterator(500):
        form = memory_form(memory)
        yield {name: form[name] for name in form if name not in {"id", "is_general", "version"}}


def memory_form(memory: Memory) -> dict[str, Any]:
    return {
        "id": memory.pk,
        "kind": memory.kind,
        "text": memory.text,
        "importance": memory.importance,
        "confidence": memory.confidence,
        "origin": memory.origin,
        "is_general": memory.person_id is None,
        "begins_at": memory.begins_at,
        "ends_at": memory.ends_at,
        "created_at": memory.created_at,
        # When others were told what holds for everybody is not for everybody.
        "last_used_on": memory.last_used_on if memory.person_id else None,
        "version": memory.version,
        "messages": [each.message_id for each in memory.sources.all()],
        "before": [each.text for each in memory.supersedes.all()],
    }
