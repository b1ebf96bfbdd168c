"""Deleting memories, so that nothing of them stays anywhere."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from memory.models import Memory
from memory.signals import forgotten

CAN_BE_UNDONE_FOR = timedelta(minutes=10)
_BATCH = 200


@transaction.atomic
def forget(memories: QuerySet[Memory]) -> int:
    """Delete them, with what they had taken the place of. Returns how many."""
    ids = with_traces(memories.values_list("pk", flat=True))
    forget_exactly(ids)
    return len(ids)


def forget_deleted() -> int:
    """What people deleted and do not take back any more. Returns how many."""
    long_ago = timezone.now() - CAN_BE_UNDONE_FOR
    ended = Memory.objects.filter(deleted_at__lt=long_ago).order_by("deleted_at")
    return forget(Memory.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:_BATCH])))


def forget_exactly(ids: Iterable[int]) -> None:
    rows = Memory.objects.filter(pk__in=list(ids))
    of_person: dict[int, list[int]] = {}
    for pk, person_id in rows.exclude(person=None).values_list("pk", "person_id"):
        of_person.setdefault(person_id, []).append(pk)
    for person_id, memory_ids in of_person.items():
        forgotten.send(Memory, person_id=person_id, memory_ids=memory_ids)
    rows.delete()


def with_traces(ids: Iterable[int]) -> set[int]:
    """With those that they superseded, however long ago."""
    found, following = set(ids), set(ids)
    while following:
        traces = Memory.objects.filter(superseded_by__in=following).values_list("pk", flat=True)
        following = set(traces) - found
        found |= following
    return found
