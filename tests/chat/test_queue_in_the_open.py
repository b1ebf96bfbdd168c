"""Who waits is told who is before it, and about how long it takes (CH-11)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import turns
from chat.answering import answer_turn
from chat.models import Attempt, Turn, TurnStatus
from chat.prospects import prospect_of, prospects_of
from chat.selectors import find_turn
from chat.services import stop_turn
from chat.snapshots import conversation_snapshot
from chat.turns import Held
from core.threads import in_database_thread
from providers.models import EngineSettings
from tests.chat.conftest import Say
from tests.chat.listening import Listener
from tests.chat.sockets import Socket, login_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def one_place(db: None) -> None:
    EngineSettings.objects.create(max_concurrent_requests=1)


def begun(turn: Turn) -> Held:
    held = turns.claim(find_turn(turn.pk), places=1, snapshot={"slug": "jane", "name": "Jane"})
    assert held
    return held


def left_waiting(turn: Turn) -> dict[str, object]:
    answer_turn(turn.pk)
    prospect = prospect_of(find_turn(turn.pk))
    assert prospect
    return prospect


def replied_within(turn: Turn, seconds: int) -> None:
    held = begun(turn)
    turns.finish(find_turn(turn.pk), held, status=TurnStatus.COMPLETE, text="Done.")
    ended = timezone.now()
    Turn.objects.filter(pk=turn.pk).update(finished_at=ended)
    Attempt.objects.filter(turn=turn.pk).update(created_at=ended - timedelta(seconds=seconds))


def test_one_that_finds_no_place_is_told_so_and_how_many_are_before_it(say: Say) -> None:
    replied_within(say().turn, 6)
    begun(say().turn)
    left_waiting(say().turn)

    assert left_waiting(say().turn) == {
        "ahead": 0,
        "places": {"busy": 1, "of": 1},
        "ahead_in_line": 1,
        "about_seconds": 12,
        "text": "The only place busy, 1 before it in line, about 12 s",
    }


def test_one_that_comes_second_in_its_chat_is_told_so(say: Say) -> None:
    EngineSettings.objects.update(max_concurrent_requests=8)
    replied_within(say().turn, 6)
    first = say().turn
    begun(first)
    second = say("And then?", session_id=first.session_id).turn

    assert left_waiting(second)["text"] == "Second in this chat, about 6 s"


def test_without_earlier_replies_no_time_is_promised(say: Say) -> None:
    begun(say().turn)

    assert left_waiting(say().turn)["text"] == "The only place busy"


def test_what_may_begin_at_once_waits_for_nothing(say: Say) -> None:
    assert prospects_of([say().turn]) == {}


def test_without_queued_turns_nothing_is_looked_up(say: Say, django_assert_num_queries) -> None:
    turn = say().turn
    begun(turn)
    running = find_turn(turn.pk)

    with django_assert_num_queries(0):
        assert prospects_of([running]) == {}


def test_listeners_snapshots_and_the_api_say_the_same(
    say: Say, listen: Callable[..., Listener], alice: User, as_user: Callable[[User], Client], eventually
) -> None:
    begun(say().turn)
    turn = say().turn
    ears = listen(turn.session_id)

    prospect = left_waiting(turn)

    eventually(
        lambda: [each for each in ears.events if each["type"] == "turn.queued" and each["turn"]["waiting"]]
    )
    [told] = [each for each in ears.events if each["type"] == "turn.queued" and each["turn"]["waiting"]]
    assert told["turn"]["waiting"] == prospect
    assert conversation_snapshot(alice, turn.session_id).form["turns"][0]["waiting"] == prospect
    assert as_user(alice).get(f"/api/turns/{turn.pk}").json()["waiting"] == prospect


async def test_a_reader_hears_when_a_waiting_reply_moves_up(say: Say, alice: User) -> None:
    running, before, turn = await in_database_thread(lambda: [say().turn for _ in range(3)])
    await in_database_thread(begun, running)
    await in_database_thread(left_waiting, before)
    await in_database_thread(left_waiting, turn)

    async with Socket(turn.session_id, cookie=await in_database_thread(login_of, alice)) as socket:
        snapshot = await socket.hello()
        assert snapshot["turns"][0]["waiting"]["ahead_in_line"] == 1
        await in_database_thread(stop_turn, await in_database_thread(find_turn, before.pk))
        moved = await socket.hears_until("turn.queued")
        while moved["turn"]["waiting"]["ahead_in_line"]:
            moved = await socket.hears_until("turn.queued")

    assert moved["turn"]["waiting"]["text"] == "The only place busy"
