"""Celery's door: tasks that prove that tasks are run."""

from celery import shared_task

from core import live
from diagnostics.activity.reading import KEPT_FOR, forget_old_events
from diagnostics.configuration.snapshots import forget_old_snapshots
from diagnostics.fidelity import holding, running
from diagnostics.figures.tidying import put_the_gone_together
from diagnostics.signs import SCHEDULER, forget_old_signs, show_life
from diagnostics.tiles.recounting import recount_tiles
from providers.drills.running import end_recovered, forget_old_drills


@shared_task
def canary(nonce: str) -> None:
    """Sent by a health check, which listens for the answer."""
    live.publish(f"canary:{nonce}", {"type": "canary"})


@shared_task
def tick() -> None:
    """Sent by the scheduler."""
    show_life(SCHEDULER)


@shared_task
def end_drills() -> None:
    end_recovered()


@shared_task
def sweep_fidelity() -> None:
    """Runs that nobody goes on with: their worker was lost, or all who are left were busy."""
    for run_id in holding.free_runs():
        go_on_with_fidelity.delay(run_id)
    holding.close_lost_calls()


@shared_task(expires=60)
def go_on_with_fidelity(run_id: int) -> None:
    running.go_on(run_id)


@shared_task
def tidy() -> None:
    """What processes that are gone left behind, and what happened long ago."""
    put_the_gone_together()
    forget_old_signs()
    forget_old_events()
    forget_old_drills(older_than=KEPT_FOR)
    forget_old_snapshots()


@shared_task
def recount() -> None:
    """What the live page shows, counted once more in another way."""
    recount_tiles()
