"""Waiting for a turn to end, without a thread."""

import asyncio
import time
from collections.abc import Callable

import pytest

from chat import turns, waiting
from chat.announcing import topic_of
from chat.models import Turn, TurnStatus
from chat.selectors import find_turn
from chat.waiting import ended_turn
from core import live
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import answering_in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn(say: Say, provider: Callable[..., Provider]) -> Turn:
    provider("tokens:20@100")
    return say().turn


async def test_who_waits_hears_of_the_end_at_once(turn: Turn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_LOOK_AGAIN", 60)
    answering_in_thread(turn)

    ended = await ended_turn(turn, seconds=10)

    assert ended.status == TurnStatus.COMPLETE
    assert ended.current_attempt is not None
    assert ended.current_attempt.text.endswith("w19 ")


async def test_a_turn_that_has_ended_already_is_not_waited_for(turn: Turn) -> None:
    await in_database_thread(turns.request_stop, turn)

    assert (await ended_turn(turn, seconds=10)).status == TurnStatus.CANCELLED


async def test_a_turn_that_does_not_end_in_time_is_given_as_it_stands(turn: Turn) -> None:
    started = time.monotonic()

    assert (await ended_turn(turn, seconds=0.1)).status == TurnStatus.QUEUED
    assert time.monotonic() - started < 30


async def test_an_end_nobody_was_told_of_is_found_in_the_row(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_LOOK_AGAIN", 0.05)

    def end_silently() -> None:
        held = turns.claim(turn, places=200, snapshot={})
        assert held is not None
        assert turns.finish(turn, held, status=TurnStatus.COMPLETE, text="Done.")

    waiter = asyncio.create_task(ended_turn(turn, seconds=10))
    await asyncio.sleep(0.02)
    await in_database_thread(end_silently)

    assert (await waiter).status == TurnStatus.COMPLETE


async def test_who_falls_behind_the_events_does_not_ask_the_database_all_the_time(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def look(turn_id: int) -> Turn:
        if not looks:
            for _ in range(2000):
                live.publish(topic_of(turn.session_id), {"type": "turn.delta", "turn": turn.pk})
        looks.append(turn_id)
        return find_turn(turn_id)

    monkeypatch.setattr(waiting, "find_turn", look)

    await ended_turn(turn, seconds=0.5)

    assert len(looks) <= 3


async def test_nobody_listens_on_when_the_waiting_is_over(turn: Turn) -> None:
    await ended_turn(turn, seconds=0.01)

    assert not live._backend()._topics[topic_of(turn.session_id)].readers  # type: ignore[attr-defined]
