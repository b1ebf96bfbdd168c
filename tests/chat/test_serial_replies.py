"""One reply at a time in each session, in order, by real Celery workers (EN-10)."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from accounts.models import User
from chat.models import Turn, TurnStatus
from chat.services import create_session, stop_turn, submit_message
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import in_thread
from tests.playing import PlayingServer, max_overlap
from tests.playing.ledger import Call

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.usefixtures("worker"),
]


@pytest.fixture(autouse=True)
def echo(provider: Callable[..., Provider]) -> Provider:
    return provider("slow-first:0.03:echo")


def all_complete(turns: list[Turn]) -> bool:
    ids = [turn.pk for turn in turns]
    return Turn.objects.filter(pk__in=ids, status=TurnStatus.COMPLETE).count() == len(ids)


def calls_about(playing: PlayingServer, mark: str) -> list[Call]:
    """The provider's calls whose question begins with the mark, as they came."""
    return [call for call in playing.calls if call.last_user_text.startswith(mark)]


def test_three_messages_at_once_get_three_replies_one_after_the_other(
    say: Say, alice: User, playing: PlayingServer, eventually
) -> None:
    session = create_session(alice)

    turns = [say(f"Message {number}", session_id=session.pk).turn for number in (1, 2, 3)]
    eventually(lambda: all_complete(turns))

    assert [call.last_user_text for call in playing.calls] == ["Message 1", "Message 2", "Message 3"]
    assert max_overlap(list(playing.calls)) == 1
    assert [turn.attempts.get().text for turn in turns] == ["Message 1", "Message 2", "Message 3"]


def test_each_reply_knows_the_ones_before_it(
    say: Say, alice: User, playing: PlayingServer, eventually
) -> None:
    session = create_session(alice)

    turns = [say(f"Message {number}", session_id=session.pk).turn for number in (1, 2)]
    eventually(lambda: all_complete(turns))

    told = [each["text"] for each in playing.calls[1].messages if each["role"] != "system"]
    assert told == ["Message 1", "Message 1", "Message 2"]


def test_five_sessions_with_four_messages_each_run_side_by_side_and_each_in_order(
    alice: User, jane: object, playing: PlayingServer, eventually
) -> None:
    sessions = {f"s{number}": create_session(alice) for number in range(5)}

    def say(name: str, number: int) -> Turn:
        submission = submit_message(
            alice, text=f"{name} {number}", client_id=f"{name}-{number}", session_id=sessions[name].pk
        )
        return submission.turn

    sent: list[Future[object]] = [
        in_thread(lambda name=name: [say(name, number) for number in range(4)]) for name in sessions
    ]
    turns = [turn for each in sent for turn in each.result(60)]
    eventually(lambda: all_complete(turns))

    assert playing.calls.total == 20
    for name in sessions:
        calls = calls_about(playing, name)
        assert [call.last_user_text for call in calls] == [f"{name} {number}" for number in range(4)]
        assert max_overlap(calls) == 1
    assert max_overlap(list(playing.calls)) > 1


def test_a_stopped_reply_does_not_hold_up_the_ones_behind_it(
    say: Say, alice: User, playing: PlayingServer, eventually, provider: Callable[..., Provider]
) -> None:
    playing.cast("slow-first:0.03:echo", "fail-then:hang|echo")
    session = create_session(alice)
    first, second = (say(text, session_id=session.pk).turn for text in ("First", "Second"))
    playing.calls.wait_until(lambda calls: calls)

    stop_turn(first)

    eventually(lambda: all_complete([second]))
    assert Turn.objects.get(pk=first.pk).status == TurnStatus.CANCELLED


def test_nothing_runs_on_when_all_is_answered(say: Say, eventually) -> None:
    turns = [say().turn for _ in range(3)]

    eventually(lambda: all_complete(turns))

    assert not Turn.objects.exclude(lease_until=None).exists()
    assert not Turn.objects.filter(finished_at=None).exists()
