"""What becomes of a message that is sent: stored once, in its place, with one wish for a reply."""

import uuid

import pytest

from accounts.models import User
from chat.models import Message, Session, Turn, TurnStatus
from chat.services import create_session, submit_message
from core.errors import Conflict, InvalidInput, NotFound
from personas.models import Persona
from tests.chat.conftest import Say
from tests.chat.working import dispatched_turns

pytestmark = pytest.mark.django_db


def test_a_message_is_stored_with_a_queued_turn_right_after_it(say: Say) -> None:
    submission = say("What should I read tonight?")

    assert submission.is_new
    assert submission.message.text == "What should I read tonight?"
    assert (submission.turn.status, submission.turn.attempt) == (TurnStatus.QUEUED, 0)
    assert submission.turn.position == submission.message.position + 1


def test_a_worker_is_told_of_a_new_message(say: Say) -> None:
    turn = say().turn

    assert dispatched_turns() == [turn.pk]


def test_a_session_hears_the_question_and_then_that_a_reply_waits(say: Say, listen) -> None:
    session = say().message.session
    ears = listen(session.pk)

    turn = say("And now?", session_id=session.pk).turn

    message, queued = ears.events
    assert (message["type"], message["message"]["text"]) == ("message", "And now?")
    assert (queued["type"], queued["turn"]["id"]) == ("turn.queued", turn.pk)


def test_the_question_is_announced_before_a_worker_can_begin_with_the_reply(
    say: Say, listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = say().message.session
    ears = listen(session.pk)
    known: list[str] = []
    monkeypatch.setattr("chat.services.dispatch", lambda turn_id, mode: known.extend(ears.kinds))

    say(session_id=session.pk)

    assert known == ["message", "turn.queued"]


@pytest.mark.both_databases
def test_a_message_sent_again_is_stored_once(say: Say) -> None:
    first = say(client_id="one")
    second = say(client_id="one")

    assert not second.is_new
    assert (second.message.pk, second.turn.pk) == (first.message.pk, first.turn.pk)
    assert Message.objects.count() == Turn.objects.count() == Session.objects.count() == 1


def test_a_message_sent_again_is_neither_announced_nor_dispatched_again(say: Say, listen) -> None:
    session = say(client_id="one").message.session
    dispatched_turns()
    ears = listen(session.pk)

    say(client_id="one", session_id=session.pk)

    assert ears.events == []
    assert dispatched_turns() == []


def test_a_repeat_may_name_the_session_that_the_first_one_began(say: Say) -> None:
    first = say(client_id="one")

    assert say(client_id="one", session_id=first.message.session_id).turn == first.turn


def test_white_space_around_a_repeat_makes_no_other_message_of_it(say: Say) -> None:
    first = say("Hello", client_id="one")

    assert say("  Hello\n", client_id="one").message == first.message


def test_a_repeat_still_counts_when_its_persona_was_switched_off_meanwhile(say: Say, jane: Persona) -> None:
    first = say(client_id="one", persona_slug="jane")
    Persona.objects.filter(pk=jane.pk).update(is_active=False)

    assert say(client_id="one", persona_slug="jane").message == first.message


@pytest.mark.both_databases
def test_another_text_with_a_used_client_id_is_a_conflict(say: Say) -> None:
    say("Hello", client_id="one")

    with pytest.raises(Conflict) as refused:
        say("Good-bye", client_id="one")

    assert (refused.value.status, refused.value.code) == (409, "client_id_taken")
    assert Message.objects.get().text == "Hello"


def test_another_session_with_a_used_client_id_is_a_conflict(say: Say, alice: User) -> None:
    say("Hello", client_id="one")
    other = create_session(alice)

    with pytest.raises(Conflict):
        say("Hello", client_id="one", session_id=other.pk)

    assert not other.messages.exists()


def test_two_people_may_use_the_same_client_id(say: Say, bob: User) -> None:
    say(client_id="one")

    assert submit_message(bob, text="Hello", client_id="one").is_new


@pytest.mark.parametrize("client_id", ["", "x" * 65, "nul\0", "half \ud800"])
def test_a_client_id_that_cannot_be_kept_is_refused(say: Say, client_id: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        say(client_id=client_id)

    assert refused.value.code == "client_id_invalid"


def test_without_a_session_a_new_one_begins_with_the_message(say: Say, alice: User) -> None:
    session = say("First line\nsecond line").message.session

    assert (session.owner, session.title) == (alice, "First line")


def test_a_message_that_is_refused_leaves_no_empty_session(say: Say) -> None:
    with pytest.raises(NotFound):
        say(persona_slug="nobody")
    say(client_id="one")
    with pytest.raises(Conflict):
        say("Something else", client_id="one")

    assert Session.objects.count() == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_a_persona_that_is_unknown_or_switched_off_is_not_found(
    say: Say, jane: Persona, *, is_known: bool
) -> None:
    Persona.objects.filter(pk=jane.pk).update(is_active=False)

    with pytest.raises(NotFound) as refused:
        say(persona_slug="jane" if is_known else "nobody")

    assert refused.value.code == "persona_not_found"
    assert not Message.objects.exists()


@pytest.mark.parametrize("slug", ["jane", None])
def test_a_session_takes_no_new_message_for_its_persona_once_that_is_switched_off(
    say: Say, jane: Persona, slug: str | None
) -> None:
    session = say().message.session
    Persona.objects.filter(pk=jane.pk).update(is_active=False)

    with pytest.raises(NotFound) as refused:
        say(session_id=session.pk, persona_slug=slug)

    assert refused.value.code == "persona_not_found"
    assert session.messages.count() == 1


def test_a_session_whose_persona_was_deleted_goes_on_with_the_neutral_voice(say: Say, jane: Persona) -> None:
    session = say().message.session
    jane.delete()

    assert say(session_id=session.pk).turn.persona is None


def test_somebody_elses_session_is_not_found(say: Say, bob: User) -> None:
    session = say().message.session

    with pytest.raises(NotFound) as refused:
        submit_message(bob, text="Hello", client_id="mine", session_id=session.pk)

    assert refused.value.code == "session_not_found"
    assert session.messages.count() == 1


def test_a_session_that_never_was_is_not_found(say: Say) -> None:
    with pytest.raises(NotFound):
        say(session_id=uuid.uuid4())


@pytest.mark.usefixtures("sam")
def test_switching_the_persona_changes_who_answers_from_now_on(say: Say) -> None:
    first = say()
    session = first.message.session

    second = say(session_id=session.pk, persona_slug="sam")
    third = say(session_id=session.pk)

    speakers = [Turn.objects.get(pk=each.turn.pk).persona for each in (first, second, third)]
    assert [each and each.slug for each in speakers] == ["jane", "sam", "sam"]


def test_a_session_is_named_after_its_first_message_and_keeps_the_name(say: Say) -> None:
    session = say("x" * 100).message.session
    say("Something else", session_id=session.pk)

    session.refresh_from_db()
    assert session.title == "x" * 59 + "…"


def test_a_message_brings_its_session_to_the_top(say: Say, alice: User) -> None:
    older, newer = (say().message.session for _ in range(2))
    say(session_id=older.pk)

    assert list(Session.objects.filter(owner=alice)) == [older, newer]
