"""So many replies at the same time and no more, in order, by all workers together (EN-9)."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from chat import line, turns
from chat.dispatching import dispatch_waiting
from chat.models import Attempt, Turn, TurnStatus
from chat.recovery import release_lost_turns
from chat.selectors import find_turn
from chat.services import stop_turn
from chat.turns import Held
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import answer_turn, dispatched_turns, in_thread, reply_to, working
from tests.playing import PlayingServer, max_overlap

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def allow(places: int, **values: object) -> None:
    EngineSettings.objects.update_or_create(
        pk=1, defaults={"max_concurrent_requests": places, "retry_schedule": [], **values}
    )


def claim(turn: Turn, *, places: int) -> Held | None:
    return turns.claim(find_turn(turn.pk), places=places, snapshot={"slug": "jane", "name": "Jane"})


def finish(turn: Turn, held: Held) -> None:
    assert turns.finish(find_turn(turn.pk), held, status=TurnStatus.COMPLETE, text="Done.")


def all_complete(asked: list[Turn]) -> bool:
    done = Turn.objects.filter(pk__in=[turn.pk for turn in asked], status=TurnStatus.COMPLETE)
    return done.count() == len(asked)


def in_order_of_claims(asked: list[Turn]) -> list[int]:
    claims = Attempt.objects.filter(turn__in=asked).order_by("pk")
    return list(claims.values_list("turn", flat=True))


def test_of_twenty_who_claim_at_the_same_moment_the_oldest_get_the_places(say: Say) -> None:
    asked = [say().turn for _ in range(20)]
    together = threading.Barrier(20)

    def claim_together(turn: Turn) -> Held | None:
        together.wait(10)
        return claim(turn, places=8)

    claims = [in_thread(claim_together, turn) for turn in reversed(asked)]
    held = {each.turn_id for future in claims if (each := future.result(60))}

    assert held == {turn.pk for turn in asked[:8]}


@pytest.mark.parametrize("places", [1, 3])
def test_a_burst_never_takes_more_places_than_there_are_and_is_answered_in_order(
    say: Say, playing: PlayingServer, provider: Callable[..., Provider], eventually, places: int
) -> None:
    provider("slow-first:0.2:echo")
    allow(places)

    with working(threads=20):
        asked = [say(f"Message {number}").turn for number in range(20)]
        eventually(lambda: all_complete(asked))

    assert max_overlap(list(playing.calls)) == places
    claimed = in_order_of_claims(asked)
    for number, turn in enumerate(claimed):
        overtaken = [later for later in claimed[number:] if later < turn]
        assert len(overtaken) < places, "there was a place for each of them at that moment"


def test_with_one_place_a_chat_keeps_its_order_and_another_one_is_not_left_out(
    say: Say, playing: PlayingServer, provider: Callable[..., Provider], eventually
) -> None:
    provider("slow-first:0.02:echo")
    allow(1)

    with working():
        first = say("One 1").turn
        asked = [first, *(say(f"One {n}", session_id=first.session_id).turn for n in (2, 3)), say("Two").turn]
        eventually(lambda: all_complete(asked))

    told = [call.last_user_text for call in playing.calls]
    assert [text for text in told if text.startswith("One")] == ["One 1", "One 2", "One 3"]
    assert "Two" in told
    assert max_overlap(list(playing.calls)) == 1


def test_who_finds_no_place_waits_and_is_told_of_when_one_is_free(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("say:Hello", kind="scripted")
    allow(1)
    running, waiting = say().turn, say().turn
    held = claim(running, places=1)
    dispatched_turns()

    answer_turn(waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempt) == (TurnStatus.QUEUED, 0)
    assert waiting.waits_since is not None
    assert dispatched_turns() == []
    assert held
    finish(running, held)
    assert dispatch_waiting() == 1
    assert dispatched_turns() == [waiting.pk]
    assert reply_to(waiting).text == "Hello"
    assert waiting.waits_since is None


def test_the_end_of_a_reply_tells_of_the_first_in_the_line(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("say:Hello", kind="scripted")
    allow(1)
    asked = [say().turn for _ in range(3)]
    for turn in asked[1:]:
        answer_turn(turn.pk)
    dispatched_turns()

    answer_turn(asked[0].pk)

    assert dispatched_turns() == [asked[1].pk]


def test_one_of_which_no_worker_was_told_is_found_by_the_next_who_may_not_pass_it(say: Say) -> None:
    allow(1)
    untold, eager = say().turn, say().turn
    dispatched_turns()

    answer_turn(eager.pk)

    assert dispatched_turns() == [untold.pk]


def test_a_raised_limit_lets_the_waiting_in_and_a_lowered_one_waits_for_the_running(say: Say) -> None:
    allow(1)
    asked = [say().turn for _ in range(5)]
    held = [claim(asked[0], places=1)]
    for turn in asked[1:]:
        answer_turn(turn.pk)
    dispatched_turns()

    allow(3)
    dispatch_waiting()

    assert dispatched_turns() == [asked[1].pk, asked[2].pk]
    held += [claim(asked[1], places=3), claim(asked[2], places=3)]
    allow(2)
    assert held[0] and held[1]
    finish(asked[0], held[0])
    assert claim(asked[3], places=2) is None
    assert dispatch_waiting() == 0
    finish(asked[1], held[1])
    assert claim(asked[3], places=2) is not None


def test_a_worker_that_died_gives_its_place_back_with_its_lease(say: Say) -> None:
    allow(1)
    lost, waiting = say().turn, say().turn
    assert claim(lost, places=1)
    answer_turn(waiting.pk)
    Turn.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    dispatched_turns()

    assert claim(waiting, places=1) is None
    release_lost_turns()

    assert line.busy_places() == 0
    assert set(dispatched_turns()) == {lost.pk, waiting.pk}


def test_who_waited_too_long_is_answered_by_the_fallback_voice_which_says_why(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("say:Hello", kind="scripted")
    allow(1, longest_wait=60)
    running, waiting = say().turn, say().turn
    claim(running, places=1)
    answer_turn(waiting.pk)
    long_ago = timezone.now() - timedelta(seconds=61)
    Turn.objects.filter(pk=waiting.pk).update(waits_since=long_ago)
    dispatched_turns()

    assert dispatch_waiting() == 1
    assert dispatched_turns() == [waiting.pk]
    reply = reply_to(waiting)

    assert (waiting.status, reply.provider["is_fallback"]) == (TurnStatus.COMPLETE, True)
    assert [(step["outcome"], step["message"]) for step in reply.story] == [
        ("skipped", "the only place is busy, still after 61 s"),
        ("answered", ""),
    ]
    assert line.busy_places() == 1


def test_one_that_waited_too_long_takes_a_place_if_there_is_one(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("say:Hello", kind="scripted")
    waiting = say().turn
    Turn.objects.filter(pk=waiting.pk).update(waits_since=timezone.now() - timedelta(hours=1))

    assert reply_to(waiting).text == "Hello"


def test_one_that_waits_can_be_stopped_at_once(say: Say) -> None:
    allow(1)
    running, waiting, last = (say().turn for _ in range(3))
    claim(running, places=1)
    for turn in (waiting, last):
        answer_turn(turn.pk)

    stop_turn(find_turn(waiting.pk))

    assert find_turn(waiting.pk).status == TurnStatus.CANCELLED
    assert list(line.waiting_for_place()) == [last]
