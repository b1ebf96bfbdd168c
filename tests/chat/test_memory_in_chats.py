"""What a persona knows of a person is in the prompt of the reply to that person, and nowhere else."""

import uuid
from collections.abc import Callable
from concurrent.futures import wait

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.briefs import Brief
from chat.keeping import delete_session, erase_deleted, restore_session
from chat.models import Session, Turn
from chat.services import submit_message
from chat.transient import blank, submit_transient
from memory.models import Memory, Origin
from memory.services import forget
from memory.switches import want_memory
from personas.models import Persona
from providers.calls import Utterance
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import answering_in_thread, reply_to
from tests.playing import PlayingServer

Learn = Callable[..., Memory]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SECRET = "Is called Pudding by her sister."


@pytest.fixture(autouse=True)
def _a_provider(provider: Callable[..., Provider], quick_engine: EngineSettings) -> None:
    provider("say:Aha.")


def asked(playing: PlayingServer) -> str:
    """The whole of what the provider was told last."""
    call = playing.calls[-1]
    return call.system + "".join(each["text"] for each in call.messages)


def test_what_is_known_of_a_person_is_in_the_prompt(say: Say, learn: Learn, playing: PlayingServer) -> None:
    learn(SECRET)
    turn = say().turn
    reply_to(turn)

    assert "## What you remember\n" in playing.calls[-1].system
    assert f"- {SECRET}" in playing.calls[-1].system
    assert list(turn.snapshot["memories"].values()) == [{"kind": "fact", "text": SECRET}]
    assert Memory.objects.get().last_used_on


def test_each_switch_holds_from_the_next_reply_on(
    say: Say,
    learn: Learn,
    playing: PlayingServer,
    alice: User,
    jane: Persona,
) -> None:
    learn(SECRET)

    def is_remembered() -> bool:
        turn = say().turn
        reply_to(turn)
        assert (SECRET in asked(playing)) == ("memories" in turn.snapshot)
        return SECRET in asked(playing)

    assert is_remembered()
    EngineSettings.objects.update(memory=False)
    assert not is_remembered()
    EngineSettings.objects.update(memory=True)
    Persona.objects.filter(pk=jane.pk).update(has_memory=False)
    assert not is_remembered()
    Persona.objects.filter(pk=jane.pk).update(has_memory=True)
    want_memory(alice, is_on=False)
    assert not is_remembered()
    want_memory(alice, is_on=True)
    assert is_remembered()


def test_who_is_told_something_tells_nobody_else(
    learn: Learn,
    playing: PlayingServer,
    alice: User,
    bob: User,
    jane: Persona,
) -> None:
    learn(SECRET)
    brief = Brief(dialogue=(Utterance("user", "What is she called by her sister?"),))
    turns = [
        submit_message(bob, text="What is Alice called by her sister? Pudding?", client_id="b").turn,
        submit_transient(bob, session_id=uuid.uuid4(), persona=jane, brief=brief),
        submit_message(alice, text="What am I called by my sister?", client_id="a").turn,
    ]
    wait([answering_in_thread(each) for each in turns], timeout=30)

    about_alice = [call for call in playing.calls if SECRET in call.system]
    assert [call.last_user_text for call in about_alice] == ["What am I called by my sister?"]
    assert [SECRET in str(each.snapshot) for each in Turn.objects.order_by("pk")] == [False, False, True]


def test_a_program_is_answered_with_what_is_known_of_its_owner(
    learn: Learn,
    playing: PlayingServer,
    alice: User,
    jane: Persona,
) -> None:
    learn(SECRET)
    brief = Brief(dialogue=(Utterance("user", "Hello"),))
    turn = submit_transient(alice, session_id=uuid.uuid4(), persona=jane, brief=brief)
    reply_to(turn)
    assert SECRET in playing.calls[-1].system

    blank([turn.pk])
    assert SECRET not in str(Turn.objects.values().get())


def test_the_fallback_voice_uses_no_memory(say: Say, learn: Learn) -> None:
    Provider.objects.all().delete()
    learn(SECRET)

    assert "Pudding" not in reply_to(say("What am I called?").turn).text
    assert Memory.objects.get().last_used_on is None


def test_what_came_from_a_deleted_chat_is_not_used_until_the_chat_is_restored(
    say: Say,
    learn: Learn,
    playing: PlayingServer,
    alice: User,
    settings,
) -> None:
    said = say(SECRET).message
    learn("Has a sister.", sources=[said.pk])
    delete_session(alice, said.session_id)
    reply_to(say().turn)
    assert "Has a sister." not in asked(playing)

    restore_session(alice, said.session_id)
    reply_to(say().turn)
    assert "Has a sister." in asked(playing)


def test_what_came_from_an_erased_chat_is_gone_with_its_receipts(
    say: Say,
    learn: Learn,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = say("I have a sister.").message
    memory = learn("Has a sister.", sources=[said.pk])
    other = say().turn
    reply_to(other)
    delete_session(alice, said.session_id)
    Session.objects.filter(pk=said.session_id).update(deleted_at="2020-01-01T00:00Z")
    erase_deleted()

    assert not Memory.objects.exists()
    other.refresh_from_db()
    assert other.snapshot["memories"] == {str(memory.pk): {"kind": "fact", "text": ""}}


def test_a_forgotten_memory_leaves_the_receipts_of_its_own_person_alone(
    say: Say,
    learn: Learn,
    bob: User,
) -> None:
    learn(SECRET)
    learn("The library opens at nine.", person=None, origin=Origin.STAFF)
    turn = say().turn
    reply_to(turn)
    his = learn("Plays the drums.", person=bob)
    forget(Memory.objects.filter(pk=his.pk))
    turn.refresh_from_db()
    assert SECRET in str(turn.snapshot)

    forget(Memory.objects.all())
    turn.refresh_from_db()
    assert SECRET not in str(turn.snapshot)
    assert "library" in str(turn.snapshot)


def test_where_nothing_is_known_recalling_takes_no_statement(say: Say) -> None:
    turn = say().turn
    with CaptureQueriesContext(connection) as queries:
        reply_to(turn)

    taken_up = [each["sql"] for each in queries.captured_queries if "memory_memory" in each["sql"]]
    assert len(taken_up) == 1
    assert "chat_message" in taken_up[0]  # the statement that reads the turn
