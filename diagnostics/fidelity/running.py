"""Going on with a run: one answer at a time, in a worker's thread or in that of a command.

A worker that dies leaves an answer that waits and a lease that runs out: the sweep finds both.
"""

import logging
from collections.abc import Callable
from enum import Enum, auto

from django.db import Error, InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from chat import line
from chat.dispatching import hand_over
from chat.learning import somebody_asks
from chat.running import GAVE_WAY, SERVER_STOPPED, STOPPED_BY_PERSON, running_turns
from core.patience import patiently
from core.request_id import start_request
from diagnostics.fidelity import holding
from diagnostics.fidelity.asking import Said, ask, has_one_place
from diagnostics.fidelity.holding import Held
from diagnostics.fidelity.models import AnswerOutcome, FidelityAnswer, RunState
from providers.stopping import CallStopped, StopSignal

logger = logging.getLogger(__name__)

TASK = "diagnostics.tasks.go_on_with_fidelity"
MOST_TRIES = 5
"""So often is a speaker asked who is busy, or whose worker was lost."""
_PAUSE = 3.0
_LOST = Said(AnswerOutcome.FAILED, reason="whoever asked it was lost each time")
_BROKEN = Said(AnswerOutcome.FAILED, reason="something went wrong inside VALIS; its log says what")


class Next(Enum):
    """How a run goes on after an answer."""

    AT_ONCE = auto()
    LATER = auto()  # all who are left are busy, or people wait
    NEVER = auto()  # it is over, or somebody else's


def go_on(run_id: int) -> None:
    """One answer, if it is there to be had; then a worker is told of the next one."""
    if running_turns.is_closing:
        return
    held = holding.hold(run_id)
    if held is None:
        return
    start_request()
    with running_turns.running(None) as stop:
        following = answer_one(held, stop=stop, gives_way=True)
    holding.let_go(held)
    if following is Next.AT_ONCE:
        hand_over(TASK, run_id)


def go_through(held: Held, *, stop: StopSignal, told: Callable[[], object]) -> None:
    """All that is left, here and now. `told` is called after each answer."""
    while (following := answer_one(held, stop=stop)) is not Next.NEVER:
        told()
        if following is Next.LATER:
            holding.keep(held)
            stop.wait(_PAUSE)
    holding.let_go(held)


def answer_one(held: Held, *, stop: StopSignal, gives_way: bool = False) -> Next:
    """The next answer of a run, stored; the last one ends the run.

    A worker that `gives_way` also takes the only place of a provider, and leaves it to whoever writes.
    """
    asked = _next_of(held)
    if asked is None or asked.run.persona_id is None:
        holding.end(held, RunState.ENDED if asked is None else RunState.INTERRUPTED)
        return Next.NEVER
    if line.waiting_for_place().exists():
        return Next.LATER
    try:
        said = _said(asked, held, stop, gives_way=gives_way)
    except CallStopped as stopped:
        if stopped.reason in {SERVER_STOPPED, GAVE_WAY}:
            _tries(asked, F("tries") - 1)
        return Next.LATER if stopped.reason == GAVE_WAY else Next.NEVER
    return _store(asked, said, held)


def _said(asked: FidelityAnswer, held: Held, stop: StopSignal, *, gives_way: bool) -> Said:
    if asked.tries >= MOST_TRIES:
        return _LOST
    _tries(asked, F("tries") + 1)
    takes_last_place = gives_way and not somebody_asks()
    is_in_the_way = takes_last_place and has_one_place(asked)
    if is_in_the_way:
        running_turns.give_way(stop)

    def keep() -> None:
        _keep(held, stop)
        if is_in_the_way and not stop.is_set and somebody_asks():
            stop.set(GAVE_WAY)

    try:
        return ask(asked, stop=stop, keep=keep, takes_last_place=takes_last_place)
    except (CallStopped, Error):
        raise
    except Exception:
        logger.exception("fidelity run %s could not ask", held.id)
        return _BROKEN


def _keep(held: Held, stop: StopSignal) -> None:
    """Renew the lease; a database that is away is only waited for."""
    try:
        if not holding.keep(held):
            stop.set(STOPPED_BY_PERSON)
    except (OperationalError, InterfaceError):
        logger.warning("the lease of fidelity run %s was not renewed", held.id, exc_info=True)


def _store(asked: FidelityAnswer, said: Said, held: Held) -> Next:
    tried = asked.tries + 1
    if said.is_passing and tried < MOST_TRIES:
        return Next.AT_ONCE if _waiting(held).filter(tries__lt=tried).exists() else Next.LATER

    def store() -> bool:
        with transaction.atomic():
            if not holding.keep(held):
                return False  # what was said is nobody's any more
            values = {"outcome": said.outcome, "reason": said.reason, "text": said.text}
            _row(asked).update(**values, duration_ms=said.duration_ms, ended_at=timezone.now())
            return bool(_waiting(held).exists() or not holding.end(held))

    return Next.AT_ONCE if patiently(store) else Next.NEVER


def _next_of(held: Held) -> FidelityAnswer | None:
    """Who was busy, or the end of a worker, comes after all others."""
    answers = _waiting(held).select_related("run__persona")
    return answers.order_by("tries", "pk").first()


def _waiting(held: Held) -> QuerySet[FidelityAnswer]:
    return FidelityAnswer.objects.filter(run=held.id, outcome=AnswerOutcome.WAITING)


def _row(asked: FidelityAnswer) -> QuerySet[FidelityAnswer]:
    return FidelityAnswer.objects.filter(pk=asked.pk)


def _tries(asked: FidelityAnswer, tries: Combinable) -> None:
    _row(asked).update(tries=tries)
