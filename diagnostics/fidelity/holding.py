"""Who goes on with a run: one worker at a time, for one lease. As in `memory.learning.holding`."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from core.queries import row_or_none
from diagnostics.fidelity.models import FidelityRun, RunState
from usage.ledger import close_lost_of
from usage.models import Purpose

LEASE = timedelta(seconds=60)
GIVEN_UP_AFTER = timedelta(minutes=15)
"""A run that nobody went on with for so long is not gone on with any more."""
_IS_HELD = Q(lease_until__gte=Now())


@dataclass(frozen=True, slots=True)
class Held:
    """The right to go on with a run, as long as the fence lets it through and nobody has stopped it."""

    id: int
    fence: int


def hold(run_id: int) -> Held | None:
    """None when somebody goes on with it already, or it is over."""
    row = row_or_none(_running().filter(pk=run_id))
    if row is None:
        return None
    free = _running().filter(pk=run_id, fence=row.fence).exclude(_IS_HELD)
    if not free.update(fence=F("fence") + 1, lease_until=Now() + LEASE, moved_at=Now()):
        return None
    if row.lease_until:  # of a worker that was lost
        _close_call_of(row)
    return Held(run_id, row.fence + 1)


def keep(held: Held) -> bool:
    """Renew the lease, an expired one too. False: it was stopped, or is somebody else's by now."""
    return bool(_fenced(held).update(lease_until=Now() + LEASE, moved_at=Now()))


def let_go(held: Held) -> None:
    """Also of one that was stopped meanwhile: the call that it made is in the ledger with its outcome."""
    FidelityRun.objects.filter(pk=held.id, fence=held.fence).update(lease_until=None)


def end(held: Held, state: RunState = RunState.ENDED) -> bool:
    return _end(_fenced(held), state)


def stop(run_id: int) -> bool:
    """True for the one who stopped it. Whoever works on it finds out within a second, and lets go of it."""
    return _end(_running().filter(pk=run_id), RunState.STOPPED)


def free_runs() -> list[int]:
    """Those that anybody may go on with; what was left alone for too long is over."""
    _end(_running().filter(moved_at__lt=Now() - GIVEN_UP_AFTER), RunState.INTERRUPTED)
    return list(_running().exclude(_IS_HELD).order_by("pk").values_list("pk", flat=True))


def close_lost_calls() -> None:
    """Of runs that are over and that nobody has let go of: their worker was lost."""
    over = FidelityRun.objects.exclude(state=RunState.RUNNING).filter(lease_until__lt=Now())
    for run in over:
        _close_call_of(run)
        FidelityRun.objects.filter(pk=run.pk).update(lease_until=None)


def _end(runs: QuerySet[FidelityRun], state: RunState) -> bool:
    return bool(runs.update(state=state, ended_at=timezone.now()))


def _close_call_of(run: FidelityRun) -> None:
    whose = {"user_id": run.starter_user_id, "persona_id": run.persona_id}
    close_lost_of(Purpose.FIDELITY, started_before=run.ended_at, **whose)


def _running() -> QuerySet[FidelityRun]:
    return FidelityRun.objects.filter(state=RunState.RUNNING)


def _fenced(held: Held) -> QuerySet[FidelityRun]:
    return _running().filter(pk=held.id, fence=held.fence)
