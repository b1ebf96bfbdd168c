"""Changing what a persona knows.

For whoever draws memories out of chats (`origin=Origin.MODEL`), after a turn has ended:

- `remember` what is new, each with the messages it came from. The same said again is not stored twice.
- `update` what was put better, or is surer or more important by now; `sources` adds where from.
- `contradict` what is no longer so: the old one stays as the trace of the new one, and is never used.
- `compress` several warm memories into one summary, when there are many or they are old.
- `forget` what turned out to be wrong or worthless.

Never draw from what the fallback voice said, from transient sessions, or from what came by searches, cards or
other personas.

A warm memory goes with the last of its messages, a summary with the first: nobody can tell which words of
it came from where.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from core.errors import Conflict, InvalidInput
from core.queries import in_single_file, row_or_none
from memory.checking import checked_values
from memory.forgetting import forget, with_traces
from memory.models import WARM_KINDS, Kind, Memory, MemorySource, Origin

__all__ = ["compress", "contradict", "forget", "remember", "update", "usable"]

MOST_MEMORIES = 20_000
"""Of one persona about one person."""


@transaction.atomic
def remember(
    *,
    persona_id: int,
    person_id: int | None,
    kind: Kind,
    text: str,
    origin: Origin,
    importance: int = 5,
    confidence: float = 1.0,
    sources: Iterable[int] = (),
) -> Memory:
    """Store a warm memory, or strengthen the one that says the same already.

    Raises `InvalidInput`, or `Conflict` when there are too many.
    """
    checked = checked_values(kind=kind, text=text, importance=importance, confidence=confidence)
    if kind not in WARM_KINDS:
        raise InvalidInput("Only what is compressed becomes a summary.", code="memory_invalid")
    if person_id is None and origin != Origin.STAFF:
        raise InvalidInput("Only staff write what holds for everybody.", code="memory_invalid")
    in_single_file(f"memories {persona_id} {person_id}")
    known = usable().filter(persona=persona_id, person=person_id)
    if same := row_or_none(known.filter(kind=kind, text__iexact=checked["text"])):
        return update(
            same,
            importance=max(same.importance, importance),
            confidence=max(same.confidence, confidence),
            sources=sources,
        )
    if known.count() >= MOST_MEMORIES:
        raise Conflict(
            f"There are {MOST_MEMORIES:,} memories already. Forget some first.", code="memory_full"
        )
    memory = Memory.objects.create(persona_id=persona_id, person_id=person_id, origin=origin, **checked)
    _add_sources(memory, sources)
    return memory


@transaction.atomic
def update(memory: Memory, *, sources: Iterable[int] = (), **changes: Any) -> Memory:
    """Change `kind`, `text`, `importance`, `confidence` or `origin`, as given; the version counts up if
    anything differs. Raises `InvalidInput`, or `Conflict` when somebody else has changed it meanwhile."""
    if memory.is_cold and changes.get("kind", memory.kind) != memory.kind:
        raise InvalidInput("A summary stays one.", code="memory_invalid")
    now = {name: getattr(memory, name) for name in ("kind", "text", "importance", "confidence")}
    wanted = checked_values(**(now | {name: changes[name] for name in now if name in changes}))
    if memory.is_cold is not (wanted["kind"] == Kind.SUMMARY):
        raise InvalidInput("Only what is compressed becomes a summary.", code="memory_invalid")
    if "origin" in changes:
        wanted["origin"] = changes["origin"]
    changed = {name: value for name, value in wanted.items() if value != getattr(memory, name)}
    if changed:
        _store(memory, changed)
    _add_sources(memory, sources)
    return memory


@transaction.atomic
def contradict(
    memory: Memory, *, text: str, origin: Origin, sources: Iterable[int] = (), **values: Any
) -> Memory:
    """What is so instead of a warm memory; `values` as for `remember`, otherwise those of the old one."""
    old = {name: getattr(memory, name) for name in ("kind", "importance", "confidence")}
    following = remember(
        persona_id=memory.persona_id,
        person_id=memory.person_id,
        text=text,
        origin=origin,
        sources=sources,
        **(old | values),
    )
    if following.pk != memory.pk:
        _store(memory, {"superseded_by": following})
    return following


@transaction.atomic
def compress(memories: Iterable[Memory], *, text: str, begins_at: datetime, ends_at: datetime) -> Memory:
    """Put one summary in the place of several warm memories of one persona about one person.

    It came from all the messages that they came from.
    """
    rows = list(memories)
    if len({(each.persona_id, each.person_id) for each in rows}) != 1 or any(each.is_cold for each in rows):
        raise InvalidInput("Compress warm memories of one persona about one person.", code="memory_invalid")
    first = rows[0]
    checked = checked_values(
        kind=Kind.SUMMARY,
        text=text,
        importance=max(each.importance for each in rows),
        confidence=min(each.confidence for each in rows),
    )
    origin = Origin.MODEL if first.person_id else Origin.STAFF
    summary = Memory.objects.create(
        persona_id=first.persona_id,
        person_id=first.person_id,
        origin=origin,
        begins_at=begins_at,
        ends_at=ends_at,
        **checked,
    )
    ids = with_traces([each.pk for each in rows])
    _add_sources(
        summary, MemorySource.objects.filter(memory__in=ids).values_list("message_id", flat=True).distinct()
    )
    Memory.objects.filter(pk__in=ids).delete()
    return summary


def usable() -> QuerySet[Memory]:
    """Neither superseded nor withdrawn."""
    return Memory.objects.filter(superseded_by=None, is_withdrawn=False)


def _store(memory: Memory, changes: dict[str, Any]) -> None:
    unchanged = Memory.objects.select_for_update().filter(pk=memory.pk, version=memory.version)
    if not unchanged.exists():
        raise Conflict("This memory was changed meanwhile. Look at it again.", code="memory_changed")
    for name, value in changes.items():
        setattr(memory, name, value)
    memory.version += 1
    memory.save(update_fields=[*changes, "version", "updated_at"])


def _add_sources(memory: Memory, message_ids: Iterable[int]) -> None:
    rows = [MemorySource(memory=memory, message_id=each) for each in set(message_ids)]
    MemorySource.objects.bulk_create(rows, ignore_conflicts=True)
