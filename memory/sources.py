"""What becomes of memories when the messages they came from are deleted, restored and erased.

Whoever owns the messages says so, with their numbers, in the transaction of the deletion itself.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from memory.forgetting import forget_exactly
from memory.models import Kind, Memory, MemorySource

MessageIds = Iterable[int] | QuerySet[Any]
"""Numbers, or a query of them."""


@transaction.atomic
def withdraw_messages(message_ids: MessageIds) -> None:
    """They are deleted, and can be restored."""
    _mark(message_ids, is_withdrawn=True)


@transaction.atomic
def restore_messages(message_ids: MessageIds) -> None:
    _mark(message_ids, is_withdrawn=False)


@transaction.atomic
def forget_messages(message_ids: MessageIds) -> None:
    """They are gone for good. What had been superseded by a memory that goes with them counts again."""
    sources = MemorySource.objects.filter(message_id__in=message_ids)
    touched = list(sources.values_list("memory", flat=True).distinct())
    if not touched:
        return
    sources.delete()
    left = Exists(MemorySource.objects.filter(memory=OuterRef("pk")))
    lost = Memory.objects.filter(Q(kind=Kind.SUMMARY) | ~left, pk__in=touched)
    forget_exactly(lost.values_list("pk", flat=True))


def has_lost_ground(memory: Memory) -> bool:
    """Whether what it came from is deleted, though it can be restored. What came from nowhere stands."""
    mine = MemorySource.objects.filter(memory=memory)
    if memory.is_cold:
        return mine.filter(is_withdrawn=True).exists()
    return mine.exists() and not mine.filter(is_withdrawn=False).exists()


def _mark(message_ids: MessageIds, *, is_withdrawn: bool) -> None:
    sources = MemorySource.objects.filter(message_id__in=message_ids)
    touched = list(sources.values_list("memory", flat=True).distinct())
    if not touched:
        return
    sources.update(is_withdrawn=is_withdrawn)
    memories = Memory.objects.filter(pk__in=touched, deleted_at=None)
    mine = MemorySource.objects.filter(memory=OuterRef("pk"))
    withdrawn, left = Exists(mine.filter(is_withdrawn=True)), Exists(mine.filter(is_withdrawn=False))
    without_ground = Q(kind=Kind.SUMMARY) & withdrawn | ~left
    ids = set(memories.filter(without_ground).values_list("pk", flat=True))
    memories.filter(pk__in=ids).update(is_withdrawn=True)
    memories.exclude(pk__in=ids).update(is_withdrawn=False)
