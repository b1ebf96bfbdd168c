"""“Answer me properly”: a model answers what the fallback voice has answered, once one can be asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from chat import services, turns, wishes
from chat.models import Turn, TurnStatus
from chat.recovery import release_lost_turns
from chat.selectors import find_turn
from core.errors import Conflict
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import dispatched_turns, reply_to
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]


@pytest.fixture
def main(provider: Callable[..., Provider]) -> Provider:
    return provider("m")


@pytest.fixture
def spoken(say: Say, main: Provider, playing: PlayingServer) -> Turn:
    """A turn of Alice's that the fallback voice has answered, because the provider fails."""
    playing.cast("m", "status:500")
    turn = say("What is a monad?").turn
    assert reply_to(turn).provider["is_fallback"]
    return find_turn(turn.pk)


def absent(row: Provider) -> None:
    """Nobody can be asked."""
    Provider.objects.filter(pk=row.pk).update(is_enabled=False)


def back(row: Provider) -> None:
    Provider.objects.filter(pk=row.pk).update(is_enabled=True)


def make_due() -> None:
    Turn.objects.filter(wish_due_at__isnull=False).update(wish_due_at=timezone.now() - timedelta(seconds=1))


def texts(turn: Turn) -> list[str]:
    return [each.text for each in turn.attempts.order_by("number")]


@pytest.mark.both_databases
def test_it_is_answered_at_once_when_somebody_can_be_asked(spoken: Turn, playing: PlayingServer) -> None:
    before = spoken.current_attempt.text
    playing.cast("m", "say:A monoid in a category.")

    turn = wishes.answer_properly(spoken)

    assert (turn.status, turn.pk in dispatched_turns()) == (TurnStatus.QUEUED, True)
    assert reply_to(turn).text == "A monoid in a category."
    assert (turn.status, turn.wished_at, turn.wish_due_at) == (TurnStatus.COMPLETE, None, None)
    assert texts(turn) == [before, "A monoid in a category."]


@pytest.mark.both_databases
def test_it_waits_until_a_provider_is_back_and_keeps_what_was_said(
    spoken: Turn, main: Provider, playing: PlayingServer, listen
) -> None:
    absent(main)
    heard = listen(spoken.session_id)

    turn = wishes.answer_properly(spoken)

    assert (turn.status, turn.current_attempt) == (TurnStatus.COMPLETE, spoken.current_attempt)
    assert heard.of("turn.wish")[-1]["wished_at"] is not None
    make_due()
    assert wishes.carry_out_due() == 0
    back(main)
    playing.cast("m", "say:Here it is.")
    make_due()
    assert wishes.carry_out_due() == 1
    assert reply_to(turn).text == "Here it is."


@pytest.mark.both_databases
def test_when_nobody_can_answer_then_either_the_reply_stays_and_the_wish_too(
    spoken: Turn, playing: PlayingServer
) -> None:
    before = spoken.current_attempt.text
    turn = wishes.answer_properly(spoken)

    reply = reply_to(turn)

    assert (reply.text, reply.provider["is_fallback"], turn.status) == (before, True, TurnStatus.COMPLETE)
    assert texts(turn) == [before]
    assert turn.wished_at is not None
    assert turn.wish_due_at > timezone.now()
    assert turn.attempt == 2  # what was heard of the first one is old


def test_words_that_broke_off_are_put_aside_and_the_reply_comes_back(
    spoken: Turn, playing: PlayingServer
) -> None:
    before = spoken.current_attempt.text
    playing.cast("m", "cut:3")
    turn = wishes.answer_properly(spoken)

    assert reply_to(turn).text == before
    broken, last = texts(turn)
    assert (broken.strip(), last) == ("w0 w1 w2", before)
    assert turn.wished_at is not None


def test_a_wish_that_waits_can_be_taken_back(spoken: Turn, main: Provider, listen) -> None:
    absent(main)
    turn = wishes.answer_properly(spoken)
    heard = listen(turn.session_id)

    services.stop_turn(turn)

    turn.refresh_from_db()
    assert (turn.status, turn.wished_at) == (TurnStatus.COMPLETE, None)
    assert heard.of("turn.wish")[-1]["wished_at"] is None


def test_a_wish_that_is_queued_can_be_taken_back(spoken: Turn) -> None:
    before = spoken.current_attempt.text
    turn = wishes.answer_properly(spoken)
    assert turn.status == TurnStatus.QUEUED

    services.stop_turn(turn)

    turn = find_turn(turn.pk)
    assert (turn.status, turn.wished_at, turn.current_attempt.text) == (TurnStatus.COMPLETE, None, before)


@pytest.mark.both_databases
def test_a_lost_worker_does_not_lose_what_the_fallback_voice_had_said(spoken: Turn) -> None:
    before = spoken.current_attempt.text
    turn = wishes.answer_properly(spoken)
    assert turns.claim(turn, places=10, snapshot={})
    release_lost_turns(at_once=True)
    assert find_turn(turn.pk).status == TurnStatus.QUEUED

    services.stop_turn(find_turn(turn.pk))

    turn = find_turn(turn.pk)
    assert (turn.status, turn.current_attempt.text, texts(turn)) == (TurnStatus.COMPLETE, before, [before])


def test_stopping_it_before_its_first_word_brings_back_what_was_said(
    spoken: Turn, playing: PlayingServer, answering, eventually
) -> None:
    before = spoken.current_attempt.text
    playing.cast("m", "silent:0")
    turn = wishes.answer_properly(spoken)
    done = answering(turn)
    eventually(lambda: find_turn(turn.pk).status == TurnStatus.STREAMING)

    services.stop_turn(find_turn(turn.pk))

    done.result(60)
    turn = find_turn(turn.pk)
    assert (turn.status, turn.wished_at, turn.current_attempt.text) == (TurnStatus.COMPLETE, None, before)


def test_it_keeps_the_order_of_its_session(spoken: Turn, say: Say, playing: PlayingServer) -> None:
    """The wish is carried out before what was asked later and waits."""
    later = say("And a functor?", session_id=spoken.session_id).turn
    turn = wishes.answer_properly(spoken)

    assert turns.claim(later, places=10, snapshot={}) is None
    assert turns.claim(turn, places=10, snapshot={})


def test_a_model_s_reply_cannot_be_wished_for(say: Say, main: Provider, playing: PlayingServer) -> None:
    playing.cast("m", "say:A model's answer.")
    turn = say().turn
    reply_to(turn)

    with pytest.raises(Conflict) as refused:
        wishes.answer_properly(find_turn(turn.pk))

    assert refused.value.code == "turn_not_fallback"


def test_a_person_has_only_so_many_wishes(spoken: Turn, main: Provider, monkeypatch) -> None:
    absent(main)
    monkeypatch.setattr(wishes, "MOST_OF_A_PERSON", 0)

    with pytest.raises(Conflict) as refused:
        wishes.answer_properly(spoken)

    assert refused.value.code == "too_many_wishes"


def test_wishing_twice_is_wishing_once(spoken: Turn, main: Provider) -> None:
    absent(main)
    wished = wishes.answer_properly(spoken)

    assert wishes.answer_properly(find_turn(spoken.pk)).wished_at == wished.wished_at


def test_after_a_day_it_is_given_up_and_says_so(spoken: Turn, main: Provider, listen) -> None:
    absent(main)
    turn = wishes.answer_properly(spoken)
    Turn.objects.update(wished_at=timezone.now() - timedelta(days=1, seconds=1))
    heard = listen(turn.session_id)

    assert wishes.give_up_old() == 1

    told = heard.of("turn.wish")[-1]
    assert (told["wished_at"], told["code"]) == (None, "wish_given_up")
    assert "No model could answer within a day" in told["message"]
    assert wishes.answer_properly(find_turn(turn.pk)).current_attempt.reason == ""


def test_the_longer_it_waits_the_more_rarely_it_is_tried() -> None:
    waits = [timedelta(), timedelta(minutes=10), timedelta(hours=20)]
    pauses = [wishes.next_try(Turn(wished_at=timezone.now() - wait)) for wait in waits]

    assert pauses[0] == wishes.LOOK_AGAIN
    assert pauses[0] < pauses[1] < pauses[2] == wishes.LONGEST_PAUSE


def test_no_more_are_carried_out_at_once_than_there_is_room_for(
    say: Say, main: Provider, playing: PlayingServer, monkeypatch
) -> None:
    playing.cast("m", "status:500")
    asked = [say(f"Question {number}").turn for number in range(3)]
    for turn in asked:
        reply_to(turn)
    absent(main)
    for turn in asked:
        wishes.answer_properly(find_turn(turn.pk))
    back(main)
    make_due()
    monkeypatch.setattr(wishes, "MOST_AT_ONCE", 2)

    assert wishes.carry_out_due() == 2

    waiting = Turn.objects.filter(status=TurnStatus.COMPLETE, wished_at__isnull=False)
    assert list(waiting) == asked[2:]  # the oldest first


def test_nobody_is_asked_while_the_circuit_is_open(spoken: Turn, playing: PlayingServer) -> None:
    EngineSettings.objects.update(circuit_breaker_threshold=1, circuit_breaker_timeout=60)
    reply_to(wishes.answer_properly(spoken))
    calls = len(playing.calls)
    make_due()

    assert wishes.carry_out_due() == 0
    assert len(playing.calls) == calls


def test_a_persona_that_cannot_be_read_holds_up_nobody(spoken: Turn, main: Provider) -> None:
    absent(main)
    turn = wishes.answer_properly(spoken)
    type(turn.persona).objects.update(cascade=5)
    back(main)
    make_due()

    assert wishes.carry_out_due() == 0


def test_over_the_api_the_owner_wishes_and_the_audit_log_has_it(
    spoken: Turn, main: Provider, alice: User, charlie: User, as_user: Callable[..., Client]
) -> None:
    absent(main)
    path = f"/api/turns/{spoken.pk}/answer-properly"

    assert as_user(charlie).post(path).status_code == 404
    answer = as_user(alice).post(path)

    assert (answer.status_code, answer.json()["status"]) == (202, "complete")
    assert answer.json()["wished_at"] is not None
    assert AuditEntry.objects.filter(action="turn.wished", actor="alice").exists()
