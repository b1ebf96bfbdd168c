"""Finding what died: replies whose worker is gone, and replies nobody was told of."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat import tasks, turns
from chat.dispatching import UNDISPATCHED, dispatch_waiting
from chat.models import Turn, TurnStatus
from chat.recovery import Reaper, recover_at_start, release_lost_turns
from chat.selectors import find_turn
from chat.services import run_turn_again
from tests.chat.conftest import Say
from tests.chat.working import dispatched_turns, told_tasks
from usage.models import Call, CallOutcome, Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def expire(turn: Turn) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Turn.objects.filter(pk=turn.pk, status=TurnStatus.STREAMING).update(lease_until=past)


@pytest.fixture
def begin(say: Say) -> Callable[..., Turn]:
    """A reply somebody works on, with this text so far."""

    def begin(turn: Turn | None = None, *, text: str = "") -> Turn:
        turn = turn or say().turn
        held = turns.claim(find_turn(turn.pk), places=200, snapshot={"slug": "jane", "name": "Jane"})
        assert held is not None
        assert turns.checkpoint(held, text=text, event_id="") is turns.Standing.HELD
        dispatched_turns()
        return find_turn(turn.pk)

    return begin


def test_a_reply_whose_worker_lives_is_left_alone(begin) -> None:
    turn = begin()

    assert release_lost_turns() == 0
    assert find_turn(turn.pk).status == TurnStatus.STREAMING


def test_a_lost_reply_without_text_waits_again_and_workers_are_told(begin, listen) -> None:
    turn = begin()
    ears = listen(turn.session_id)
    expire(turn)

    assert release_lost_turns() == 1

    assert find_turn(turn.pk).status == TurnStatus.QUEUED
    assert dispatched_turns() == [turn.pk]
    assert ears.kinds == ["turn.queued"]


def test_a_reply_that_kills_its_workers_waits_again_twice_and_then_ends(begin) -> None:
    turn = begin()
    ends = []
    for _ in range(3):
        expire(turn)
        release_lost_turns()
        turn = find_turn(turn.pk)
        ends.append(turn.status)
        if turn.status == TurnStatus.QUEUED:
            turn = begin(turn)

    assert ends == [TurnStatus.QUEUED, TurnStatus.QUEUED, TurnStatus.INTERRUPTED]
    assert turn.current_attempt is not None
    assert turn.current_attempt.code == "worker_lost"


def test_a_reply_that_was_given_up_can_be_run_again_with_new_patience(begin) -> None:
    turn = begin()
    for _ in range(3):
        expire(turn)
        release_lost_turns()
        turn = find_turn(turn.pk)
        turn = begin(turn) if turn.status == TurnStatus.QUEUED else turn

    turn = begin(run_turn_again(turn))
    expire(turn)
    release_lost_turns()

    assert find_turn(turn.pk).status == TurnStatus.QUEUED


def test_a_lost_reply_with_text_is_interrupted_and_keeps_it(begin, listen) -> None:
    turn = begin(text="As far as it")
    ears = listen(turn.session_id)
    expire(turn)

    release_lost_turns()

    (interrupted,) = ears.of("turn.interrupted")
    assert (interrupted["text"], interrupted["code"]) == ("As far as it", "worker_lost")
    assert interrupted["message"]
    turn = find_turn(turn.pk)
    assert (turn.status, turn.attempts.get().text) == (TurnStatus.INTERRUPTED, "As far as it")


def test_a_lost_reply_makes_way_for_the_next_one(begin, say: Say) -> None:
    turn = begin(text="As far as it")
    following = say(session_id=turn.session_id).turn
    dispatched_turns()
    expire(turn)

    release_lost_turns()

    assert dispatched_turns() == [following.pk]


def test_a_lost_reply_that_was_to_be_stopped_does_not_wait_again(begin) -> None:
    turn = begin()
    turns.request_stop(turn)
    expire(turn)

    release_lost_turns()

    assert find_turn(turn.pk).status == TurnStatus.INTERRUPTED


def test_calls_of_a_lost_reply_are_closed_at_their_estimate(begin) -> None:
    turn = begin()
    common = {"purpose": Purpose.CHAT, "provider": "main", "kind": "openai", "estimated_tokens": 500}
    lost = Call.objects.create(turn_id=turn.pk, attempt=1, **common)
    other = Call.objects.create(turn_id=turn.pk + 1, attempt=1, **common)
    expire(turn)

    release_lost_turns()

    lost.refresh_from_db()
    other.refresh_from_db()
    assert (lost.outcome, lost.tokens_in, lost.is_estimated) == (CallOutcome.UNKNOWN, 500, True)
    assert other.outcome == CallOutcome.OPEN


def forget_dispatch(turn: Turn, *, ago: timedelta | None) -> None:
    Turn.objects.filter(pk=turn.pk).update(dispatched_at=timezone.now() - ago if ago else None)


@pytest.mark.parametrize("ago", [None, UNDISPATCHED + timedelta(seconds=1)])
def test_a_reply_no_worker_was_told_of_is_dispatched_by_the_sweeper(say: Say, ago) -> None:
    turn = say().turn
    dispatched_turns()
    forget_dispatch(turn, ago=ago)

    assert dispatch_waiting() == 1
    assert dispatched_turns() == [turn.pk]


def test_the_sweeper_tells_again_only_after_a_while(say: Say) -> None:
    turn = say().turn
    forget_dispatch(turn, ago=UNDISPATCHED + timedelta(seconds=1))

    assert (dispatch_waiting(), dispatch_waiting()) == (1, 0)


def test_the_sweeper_leaves_replies_whose_time_has_not_come(begin, say: Say) -> None:
    running = begin()
    waiting = say(session_id=running.session_id).turn
    dispatched_turns()
    forget_dispatch(waiting, ago=None)

    assert dispatch_waiting() == 0


def test_at_a_start_everything_is_put_in_order_at_once(begin, say: Say) -> None:
    silent, spoken = begin(), begin(text="As far as it")
    behind, waiting = say(session_id=spoken.session_id).turn, say().turn
    dispatched_turns()

    recover_at_start()

    assert find_turn(silent.pk).status == TurnStatus.QUEUED
    assert find_turn(spoken.pk).status == TurnStatus.INTERRUPTED
    assert set(dispatched_turns()) == {silent.pk, behind.pk, waiting.pk}


def test_after_its_own_start_the_reaper_first_waits_one_lease(begin) -> None:
    turn = begin()
    expire(turn)

    assert Reaper().reap() == 0
    assert find_turn(turn.pk).status == TurnStatus.STREAMING


def test_a_reaper_that_has_waited_releases_what_is_lost(begin) -> None:
    turn = begin()
    expire(turn)

    assert Reaper(patience=timedelta()).reap() == 1
    assert find_turn(turn.pk).status == TurnStatus.QUEUED


def _no_database() -> int:
    raise OperationalError("the database is away")


def test_after_an_error_of_the_database_the_reaper_waits_one_lease_again(begin, monkeypatch) -> None:
    turn = begin()
    expire(turn)
    reaper = Reaper(patience=timedelta(seconds=0.2))
    time.sleep(0.2)
    with monkeypatch.context() as broken:
        broken.setattr("chat.recovery.release_lost_turns", _no_database)
        with pytest.raises(OperationalError):
            reaper.reap()

    assert reaper.reap() == 0
    time.sleep(0.2)
    assert reaper.reap() == 1


def test_after_a_long_silence_of_the_database_the_reaper_waits_one_lease_again(begin, monkeypatch) -> None:
    turn = begin()
    expire(turn)
    reaper = Reaper(patience=timedelta(seconds=0.2))
    time.sleep(0.2)
    with monkeypatch.context() as slow:
        slow.setattr("chat.recovery._seconds_to_write", lambda: 30.0)
        assert reaper.reap() == 0

    assert reaper.reap() == 0
    time.sleep(0.2)
    assert reaper.reap() == 1


@pytest.mark.parametrize("jump", [3600, -3600], ids=["asleep", "set back"])
def test_after_a_sleep_or_another_time_the_reaper_waits_one_lease_again(begin, monkeypatch, jump) -> None:
    turn = begin()
    reaper = Reaper(patience=timedelta(seconds=0.2))
    time.sleep(0.2)
    assert reaper.reap() == 0
    expire(turn)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + jump)

    assert reaper.reap() == 0
    time.sleep(0.2)
    assert reaper.reap() == 1


def test_tasks_of_housekeeping_go_to_their_own_queue() -> None:
    tasks.reap.delay()
    tasks.sweep.delay()

    assert {name for name, _ in told_tasks()} == {"chat.tasks.reap", "chat.tasks.sweep"}
