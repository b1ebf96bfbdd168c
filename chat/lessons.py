"""One lesson: what was said in a chat becomes what a persona knows. Runs in a worker's thread."""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from django.db import Error, InterfaceError, OperationalError, transaction

from chat import learning
from chat.models import Turn
from chat.running import GAVE_WAY, running_turns
from core.events import emit
from core.metrics import counter
from core.request_id import start_request
from memory.learning import holding
from memory.learning.answers import Add, Change, Forget, Unreadable
from memory.learning.asking import has_one_place
from memory.learning.drawing import compress_some, draw
from memory.learning.exchanges import Lesson
from memory.learning.holding import Held
from memory.learning.merging import Merging
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.stopping import CallStopped, StopSignal

logger = logging.getLogger(__name__)

MOST_TRIES = 3
"""After so many lost workers the exchanges are let go: it may be they that kill them."""
TRY_AGAIN = timedelta(minutes=5)
_KEEP_EVERY = 10.0

LESSONS = counter("lessons", "Rounds of learning from chats that ended", "outcome")
CHANGES = counter("memory_changes", "What learning did to memories", "change")


class LeaseLost(Exception):
    """Somebody else learns by now: write nothing."""


def learn(*, persona_id: int, person_id: int) -> None:
    """Take one lesson, if it is there to be taken and no reply waits for a place."""
    limits = current_limits()
    if running_turns.is_closing or not learning.spare_places(limits):
        return
    held = holding.hold(persona_id=persona_id, person_id=person_id)
    if held is None:
        return
    start_request()
    with running_turns.running(None) as stop:
        LESSONS.labels(_learned(held, persona_id, person_id, limits, stop)).inc()


def _learned(held: Held, persona_id: int, person_id: int, limits: EngineLimits, stop: StopSignal) -> str:
    """What came of it, in a word."""
    try:
        return _learn(held, persona_id, person_id, limits, stop)
    except LeaseLost:
        logger.warning("learning %s was taken over by another worker", held.id)
        return "lost"
    except CallStopped as stopped:
        later = TRY_AGAIN if stopped.reason == GAVE_WAY else None
        holding.let_go(held, tries=held.tries - 1, due_in=later)
        return "stopped"
    except Error:
        raise
    except Exception:
        logger.exception("learning %s failed", held.id)
        holding.let_go(held, tries=held.tries, due_in=TRY_AGAIN)
        return "failed"


def _learn(held: Held, persona_id: int, person_id: int, limits: EngineLimits, stop: StopSignal) -> str:
    found = learning.next_lesson(persona_id=persona_id, person_id=person_id)
    turns = learning.allowed(found, person_id=person_id, limits=limits)
    learning.settle(set(found) - set(turns))
    exchanges = learning.exchanges_of(turns)
    persona = turns[0].persona if turns else None
    if held.tries > MOST_TRIES and turns:
        learning.settle(turns)
        emit("learning_given_up", exchanges=len(turns))
    elif persona is None or not exchanges:
        learning.settle(turns)
    elif learning.is_in_drill(person_id):
        holding.let_go(held, tries=held.tries - 1, due_in=TRY_AGAIN)
        return "put_off"
    else:
        lesson = Lesson(persona, person_id, exchanges, limits, learning.nobody_talks())
        return _taken(lesson, turns, held, stop)
    holding.let_go(held)
    return "let_go" if found else "nothing"


def _taken(lesson: Lesson, turns: list[Turn], held: Held, stop: StopSignal) -> str:
    keep = _Keeping(held, _way_to_give(lesson, stop))
    try:
        operations = draw(lesson, stop=stop, keep=keep)
        if operations is None:
            holding.let_go(held, tries=held.tries - 1, due_in=TRY_AGAIN)
            return "nobody"
        _store(operations, lesson, turns, held)
        if compress_some(lesson, stop=stop, keep=keep):
            emit("memories_compressed", persona=lesson.persona.name)
    except Unreadable as error:
        # A model that cannot do it would not do better the next time.
        learning.settle(turns)
        holding.let_go(held)
        emit("learning_unreadable", persona=lesson.persona.name, problem=str(error)[:200])
        return "unreadable"
    holding.let_go(held)
    return "learned"


def _store(
    operations: Iterable[Add | Change | Forget], lesson: Lesson, turns: list[Turn], held: Held
) -> None:
    """All of it, or nothing. What was deleted while the model was asked is not learned from."""
    with transaction.atomic():
        if not holding.keep(held):
            raise LeaseLost
        there = learning.still_there(turns)
        said = {each.message_id: each.said for each in lesson.exchanges if each.message_id in there}
        merging = Merging(persona_id=lesson.persona.pk, person_id=lesson.person_id, said=said)
        merging.carry_out(operations)
        learning.settle(turn for turn in turns if turn.question_id in there)
    for change, count in merging.done.items():
        CHANGES.labels(change).inc(count)
    if merging.done:
        emit("learned", persona=lesson.persona.name, exchanges=len(turns), **merging.done)


def _way_to_give(lesson: Lesson, stop: StopSignal) -> StopSignal | None:
    """What to set when somebody asks for a reply, where that would have to wait for this call."""
    is_in_the_way = lesson.limits.max_concurrent_requests == 1 or has_one_place(lesson)
    if not (lesson.takes_last_place and is_in_the_way):
        return None
    running_turns.give_way(stop)
    return stop


class _Keeping:
    """Renews the lease now and then. A database that is away is only waited for.

    With `stop`, it is also looked whether somebody asks for a reply, in this process or another.
    """

    def __init__(self, held: Held, stop: StopSignal | None) -> None:
        self._held = held
        self._stop = stop
        self._keep_at = time.monotonic() + _KEEP_EVERY

    def __call__(self) -> None:
        try:
            if self._stop and not self._stop.is_set and learning.somebody_asks():
                self._stop.set(GAVE_WAY)
            is_kept = self._is_kept()
        except (OperationalError, InterfaceError):
            logger.warning("the lease of learning %s was not renewed", self._held.id, exc_info=True)
            return
        if not is_kept:
            raise LeaseLost

    def _is_kept(self) -> bool:
        if time.monotonic() < self._keep_at:
            return True
        self._keep_at = time.monotonic() + _KEEP_EVERY
        return holding.keep(self._held)
