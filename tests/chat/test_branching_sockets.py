"""Versions over the chat socket: every listener gets the path that is shown, also one who comes back."""

from collections.abc import AsyncIterator, Callable

import pytest

from accounts.models import User
from chat.models import Message, Turn
from chat.services import stop_turn, submit_message
from core.threads import in_database_thread
from personas.models import Persona
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of
from tests.chat.working import answering_in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first(say: Say) -> Turn:
    """A reply that was stopped before it began."""
    turn = say("One").turn
    stop_turn(turn)
    return turn


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


@pytest.fixture
async def socket(first: Turn, cookie: str) -> AsyncIterator[Socket]:
    async with Socket(first.session_id, cookie=cookie) as socket:
        await socket.hello()
        yield socket


def shown(snapshot: dict[str, object]) -> list[tuple[str, int]]:
    return [
        (message["text"], turn["id"])
        for message, turn in zip(snapshot["messages"], snapshot["turns"], strict=True)
    ]


async def test_every_listener_gets_the_path_with_the_regenerated_reply(
    socket: Socket, first: Turn, cookie: str
) -> None:
    async with Socket(first.session_id, cookie=cookie) as other:
        await other.hello()
        await socket.say("regenerate", turn=first.pk)

        for each in (socket, other):
            snapshot = await each.hears_until("snapshot")
            assert shown(snapshot) == [("One", first.pk + 1)]
            assert snapshot["turns"][0]["versions"]["index"] == 2


async def test_an_edit_is_accepted_and_shown(socket: Socket, first: Turn) -> None:
    await socket.say("edit", message=first.question_id, client_id="edit", text="Other")

    heard = [await socket.hears() for _ in range(2)]
    by_type = {each["type"]: each for each in heard}
    assert by_type["accepted"]["client_id"] == "edit"
    assert by_type["accepted"]["message"]["versions"]["count"] == 2
    assert shown(by_type["snapshot"]) == [("Other", by_type["accepted"]["turn"]["id"])]


async def test_a_version_is_shown_to_a_listener_who_comes_back(
    socket: Socket, first: Turn, cookie: str
) -> None:
    await socket.say("regenerate", turn=first.pk)
    await socket.hears_until("snapshot")
    last_id = socket.last_id
    await socket.say("show", turn=first.pk)
    await socket.hears_until("snapshot")

    async with Socket(first.session_id, cookie=cookie) as other:
        await other.say("hello", after=last_id)
        assert shown(await other.hears_until("snapshot")) == [("One", first.pk)]


async def test_a_path_shown_while_a_reply_streams_is_told_once_and_no_word_is_lost(
    socket: Socket, first: Turn, alice: User, provider: Callable[..., Provider]
) -> None:
    await in_database_thread(provider, "tokens:60@100")
    ask = {"text": "Two", "client_id": "two", "session_id": first.session_id}
    running = (await in_database_thread(submit_message, alice, **ask)).turn
    answered = answering_in_thread(running)
    await socket.hears_until("turn.delta")
    await socket.say("regenerate", turn=first.pk)
    await socket.hears_until("snapshot")
    await socket.say("show", turn=running.pk)
    await socket.hears_until("snapshot")
    done = await socket.hears_until("turn.done")

    assert socket.texts[running.pk] == (1, done["text"])
    assert sum(each["type"] == "snapshot" for each in socket.events) == 3
    answered.result(10)


@pytest.mark.parametrize("what", ["regenerate", "show", "edit"])
async def test_what_belongs_to_somebody_else_is_not_found(
    what: str, socket: Socket, bob: User, jane: Persona
) -> None:
    ask = {"text": "A secret", "client_id": "his"}
    his = (await in_database_thread(submit_message, bob, **ask)).turn
    named = (
        {"turn": his.pk} if what != "edit" else {"message": his.question_id, "client_id": "x", "text": "Mine"}
    )
    await socket.say(what, **named)

    assert (await socket.hears_until("error"))["code"] in {"turn_not_found", "message_not_found"}
    assert await in_database_thread(Message.objects.filter(text="Mine").count) == 0


async def test_show_names_one_thing(socket: Socket, first: Turn) -> None:
    for wrong in ({}, {"turn": first.pk, "message": first.question_id}):
        await socket.say("show", **wrong)
        assert (await socket.hears_until("error"))["code"] == "frame_malformed"
