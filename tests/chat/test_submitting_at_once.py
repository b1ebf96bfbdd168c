"""Many senders at the same moment, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier

import pytest

from accounts.models import User
from chat.models import Message, Session, Turn
from chat.services import Submission, create_session, submit_message
from core.errors import Conflict
from personas.models import Persona
from tests.chat.working import in_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

AtOnce = Callable[..., list[Future[Submission]]]


@pytest.fixture
def at_once(alice: User, jane: Persona) -> AtOnce:
    """Send each of these messages from its own thread, at the same moment, and wait for all."""

    def send_all(*messages: dict[str, object]) -> list[Future[Submission]]:
        start = Barrier(len(messages))

        def send(message: dict[str, object]) -> Submission:
            start.wait(5)
            return submit_message(alice, **({"text": "Hello"} | message))

        sent = [in_thread(send, message) for message in messages]
        for each in sent:
            each.exception(20)
        return sent

    return send_all


def test_the_same_message_twice_at_once_is_stored_once(at_once: AtOnce) -> None:
    for number in range(5):
        twice = at_once({"client_id": f"one-{number}"}, {"client_id": f"one-{number}"})
        submissions = [each.result() for each in twice]

        assert sorted(each.is_new for each in submissions) == [False, True]
        assert len({each.turn.pk for each in submissions}) == 1
    assert Message.objects.count() == Turn.objects.count() == Session.objects.count() == 5


def test_the_same_message_eight_times_at_once_into_a_session_is_stored_once(
    at_once: AtOnce, alice: User
) -> None:
    session = create_session(alice)

    sent = at_once(*[{"client_id": "one", "session_id": session.pk}] * 8)

    assert len({each.result().message.pk for each in sent}) == 1
    assert session.messages.count() == 1


def test_of_two_texts_with_one_client_id_exactly_one_is_stored(at_once: AtOnce) -> None:
    sent = at_once({"client_id": "one", "text": "Yes"}, {"client_id": "one", "text": "No"})

    errors = [each.exception() for each in sent]
    assert sorted(isinstance(each, Conflict) for each in errors) == [False, True]
    winner = next(each.result() for each in sent if not each.exception())
    assert Message.objects.get().text == winner.message.text


def test_positions_stay_unique_and_without_gaps_under_eight_senders(at_once: AtOnce, alice: User) -> None:
    session = create_session(alice)

    sent = at_once(*({"client_id": f"n{number}", "session_id": session.pk} for number in range(8)))
    sent += at_once(*({"client_id": f"m{number}", "session_id": session.pk} for number in range(8)))

    questions = sorted(session.messages.values_list("position", flat=True))
    replies = sorted(session.turns.values_list("position", flat=True))
    assert sorted(questions + replies) == list(range(1, 33))
    assert replies == [position + 1 for position in questions]
    assert all(each.result().is_new for each in sent)


def test_each_turn_follows_its_own_question(at_once: AtOnce, alice: User) -> None:
    session = create_session(alice)

    at_once(*({"client_id": f"n{number}", "session_id": session.pk} for number in range(8)))

    for turn in session.turns.select_related("question"):
        assert turn.position == turn.question.position + 1
