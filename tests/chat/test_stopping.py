"""Stopping a reply: by the person who asked for it, or because the server goes down."""

import time
from collections.abc import Callable, Iterator

import pytest

from chat import turns
from chat.models import Attempt, Turn, TurnStatus
from chat.running import RunningTurns
from chat.selectors import find_turn
from chat.services import run_turn_again, stop_turn
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import answering_in_thread, dispatched_turns, reply_to
from tests.measuring import is_once_below
from tests.playing import Outcome, PlayingServer, numbered
from usage.models import Call, CallOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

MakeProvider = Callable[..., Provider]
LONG = "tokens:500@50"


def reply_of(turn: Turn) -> tuple[str, Attempt]:
    turn = find_turn(turn.pk)
    assert turn.current_attempt is not None
    assert turn.current_attempt.status == turn.status
    return turn.status, turn.current_attempt


@pytest.fixture
def running(say: Say, provider: MakeProvider, playing: PlayingServer) -> Iterator[Turn]:
    """A reply in the middle of its text."""
    provider(LONG)
    turn = say().turn
    answering = answering_in_thread(turn)
    playing.calls.wait_until(lambda calls: calls and calls[0].tokens_out >= 5)
    yield turn
    stop_turn(turn)
    answering.result(60)


def wait_for_end(turn: Turn, *, seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while find_turn(turn.pk).status == TurnStatus.STREAMING:
        assert time.monotonic() < ends_at, "it runs on"
        time.sleep(0.01)


def test_a_waiting_reply_is_cancelled_at_once(say: Say, listen) -> None:
    turn = say().turn
    ears = listen(turn.session_id)

    stop_turn(turn)

    (cancelled,) = ears.of("turn.cancelled")
    assert (cancelled["turn"], cancelled["code"]) == (turn.pk, "stopped")
    assert cancelled["message"]
    assert find_turn(turn.pk).status == TurnStatus.CANCELLED


def test_a_cancelled_reply_makes_way_for_the_next_one(say: Say) -> None:
    first = say().turn
    second = say(session_id=first.session_id).turn
    dispatched_turns()

    stop_turn(first)

    assert dispatched_turns() == [second.pk]


def test_a_running_reply_is_cancelled_and_keeps_its_text(
    running: Turn, playing: PlayingServer, listen
) -> None:
    ears = listen(running.session_id)

    stop_turn(running)
    wait_for_end(running)

    status, reply = reply_of(running)
    assert (status, reply.code) == (TurnStatus.CANCELLED, "stopped")
    assert reply.text
    assert playing.calls[0].text.startswith(reply.text)
    assert reply.html
    assert ears.events[-1]["type"] == "turn.cancelled"
    assert ears.events[-1]["text"] == reply.text


def test_its_provider_is_left_within_a_second(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider(LONG)

    def seconds_to_leave() -> float:
        playing.calls.clear()
        turn = say().turn
        answering = answering_in_thread(turn)
        playing.calls.wait_until(lambda calls: calls and calls[0].tokens_out >= 5)
        stopped_at = time.time()
        stop_turn(turn)
        playing.calls.wait_until(lambda calls: calls[0].ended)
        answering.result(60)
        assert playing.calls[0].outcome == Outcome.CLOSED_BY_CLIENT
        return (playing.calls[0].ended or 0) - stopped_at

    assert is_once_below(1, seconds_to_leave)


def test_a_wish_to_stop_that_nobody_heard_is_read_from_the_row(running: Turn) -> None:
    turns.request_stop(running)
    wait_for_end(running)

    assert reply_of(running)[0] == TurnStatus.CANCELLED


def test_a_reply_is_stopped_before_its_first_token_too(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("hang")
    turn = say().turn
    answering = answering_in_thread(turn)
    playing.calls.wait_until(lambda calls: calls)

    stop_turn(turn)
    answering.result(60)

    status, reply = reply_of(turn)
    assert (status, reply.text) == (TurnStatus.CANCELLED, "")


def test_a_reply_is_stopped_in_the_pause_between_two_rounds_too(
    say: Say, provider: MakeProvider, quick_engine: EngineSettings, eventually
) -> None:
    EngineSettings.objects.update(retry_schedule=[8])
    provider("status:500")
    turn = say().turn
    answering = answering_in_thread(turn)
    eventually(Call.objects.filter(outcome=CallOutcome.FAILED).exists)

    stop_turn(turn)
    answering.result(60)

    status, reply = reply_of(turn)
    assert status == TurnStatus.CANCELLED
    assert [step["code"] for step in reply.story] == ["server_failed"]


def test_stopping_one_reply_leaves_the_others_alone(
    say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("tokens:40@80")
    stopped, other = say().turn, say().turn
    answers = [answering_in_thread(turn) for turn in (stopped, other)]
    playing.calls.wait_until(lambda calls: len([call for call in calls if call.tokens_out]) == 2)

    stop_turn(stopped)
    for each in answers:
        each.result(60)

    assert reply_of(stopped)[0] == TurnStatus.CANCELLED
    assert (reply_of(other)[0], reply_of(other)[1].text) == (TurnStatus.COMPLETE, numbered(40))


def test_stopping_a_reply_that_has_ended_changes_nothing(say: Say, provider: MakeProvider) -> None:
    provider("say:Done.")
    turn = say().turn
    reply_to(turn)

    stop_turn(turn)

    assert reply_of(turn)[0] == TurnStatus.COMPLETE


def test_a_stopped_reply_can_be_run_again_and_its_text_stays_readable(
    running: Turn, playing: PlayingServer
) -> None:
    stop_turn(running)
    wait_for_end(running)
    partial = reply_of(running)[1].text
    playing.cast(LONG, "say:This time to the end.")

    reply = reply_to(run_turn_again(running))

    assert reply.text == "This time to the end."
    first, second = running.attempts.all()
    assert (first.text, first.status) == (partial, TurnStatus.CANCELLED)
    assert (second.number, second.status) == (2, TurnStatus.COMPLETE)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> RunningTurns:
    """What this process works on, in place of the one that all tests share: it goes down for good."""
    process = RunningTurns()
    monkeypatch.setattr("chat.answering.running_turns", process)
    return process


def test_a_reply_in_mid_text_is_interrupted_when_the_server_stops(
    process: RunningTurns, running: Turn, eventually
) -> None:
    process.close()
    eventually(lambda: process.count() == 0)

    status, reply = reply_of(running)
    assert (status, reply.code) == (TurnStatus.INTERRUPTED, "server_stopped")
    assert reply.text


def test_a_reply_nobody_saw_anything_of_waits_again_when_the_server_stops(
    process: RunningTurns, say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("hang")
    turn = say().turn
    answering = answering_in_thread(turn)
    playing.calls.wait_until(lambda calls: calls)

    process.close()
    answering.result(60)

    assert find_turn(turn.pk).status == TurnStatus.QUEUED


def test_a_reply_that_a_person_wants_stopped_does_not_wait_again_when_the_server_stops(
    process: RunningTurns, say: Say, provider: MakeProvider, playing: PlayingServer
) -> None:
    provider("hang")
    turn = say().turn
    answering = answering_in_thread(turn)
    playing.calls.wait_until(lambda calls: calls)

    turns.request_stop(turn)
    process.close()
    answering.result(60)

    assert (reply_of(turn)[0], reply_of(turn)[1].code) == (TurnStatus.CANCELLED, "stopped")


def test_a_server_that_stops_begins_no_reply(process: RunningTurns, say: Say) -> None:
    turn = say().turn
    process.close()

    answering_in_thread(turn).result(60)

    assert find_turn(turn.pk).attempt == 0


def test_a_late_worker_of_the_same_turn_does_not_hide_the_one_that_runs() -> None:
    process = RunningTurns()
    late, current = process.running(7), process.running(7)
    late.__enter__()
    signal = current.__enter__()

    late.__exit__(None, None, None)
    process.stop(7)

    assert signal.is_set
    assert process.count() == 1
