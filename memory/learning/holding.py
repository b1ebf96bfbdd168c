"""Who learns for a persona about a person: one worker at a time, for one lease.

The fence is raised by each who takes it; who holds an older number changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from memory.models import Learning
from usage.ledger import close_lost_of
from usage.models import Purpose

LEASE = timedelta(seconds=60)
_IS_HELD = Q(lease_until__gte=Now())


@dataclass(frozen=True, slots=True)
class Held:
    """The right to learn, as long as the fence lets it through. `tries` counts this one."""

    id: int
    fence: int
    tries: int


def hold(*, persona_id: int, person_id: int) -> Held | None:
    """None when somebody learns already, it is not to be tried again yet, or one of the two is gone."""
    try:
        row, _ = Learning.objects.get_or_create(persona_id=persona_id, person_id=person_id)
    except IntegrityError:
        return None
    free = Learning.objects.filter(pk=row.pk, fence=row.fence).exclude(_IS_HELD | Q(due_at__gt=Now()))
    if not free.update(fence=F("fence") + 1, tries=F("tries") + 1, lease_until=Now() + LEASE):
        return None
    if row.lease_until:  # of a worker that was lost
        close_lost_of(Purpose.MEMORY, user_id=person_id, persona_id=persona_id)
    return Held(row.pk, row.fence + 1, row.tries + 1)


def keep(held: Held) -> bool:
    """Renew the lease, an expired one too. False: it is somebody else's by now."""
    return bool(_fenced(held).update(lease_until=Now() + LEASE))


def let_go(held: Held, *, tries: int = 0, due_in: timedelta | None = None) -> bool:
    """`tries` is what is counted from now on. In the transaction that stores what was learned, this is
    the condition for storing it."""
    due_at = Now() + due_in if due_in else None
    return bool(_fenced(held).update(lease_until=None, tries=tries, due_at=due_at))


def running() -> int:
    return Learning.objects.filter(_IS_HELD).count()


def resting() -> set[tuple[int, int]]:
    """Persona and person of all that are not to be tried now."""
    rows = Learning.objects.filter(_IS_HELD | Q(due_at__gt=Now()))
    return set(rows.values_list("persona_id", "person_id"))


def _fenced(held: Held) -> QuerySet[Learning]:
    return Learning.objects.filter(pk=held.id, fence=held.fence)
