"""A reply may end without anybody saying so: its worker died right after the commit."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat import turns
from chat.models import Turn, TurnStatus
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn(say: Say, provider: Callable[..., Provider], monkeypatch: pytest.MonkeyPatch) -> Turn:
    monkeypatch.setattr("chat.consumers.QUIET_SECONDS", 0.2)
    provider("say:never asked")
    return say().turn


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


def _end_without_a_word(turn: Turn) -> None:
    held = turns.claim(turn, places=200, snapshot={})
    assert held
    assert turns.finish(turn, held, status=TurnStatus.COMPLETE, text="Nobody told you.")


async def test_who_watches_is_told_after_a_while(turn: Turn, cookie: str) -> None:
    async with Socket(turn.session_id, cookie=cookie) as socket:
        await socket.hello()
        await in_database_thread(_end_without_a_word, turn)
        snapshot = await socket.hears_until("snapshot")

    assert [(each["status"], each["text"]) for each in snapshot["turns"]] == [
        ("complete", "Nobody told you.")
    ]


async def test_who_came_back_in_between_is_told_as_well(turn: Turn, cookie: str) -> None:
    async with Socket(turn.session_id, cookie=cookie) as first:
        last_id = (await first.hello())["id"]
    await in_database_thread(_end_without_a_word, turn)
    async with Socket(turn.session_id, cookie=cookie) as second:
        await second.say("hello", after=last_id)
        snapshot = await second.hears_until("snapshot")

    assert [each["status"] for each in snapshot["turns"]] == ["complete"]


async def test_nothing_is_said_again_while_a_reply_waits(turn: Turn, cookie: str) -> None:
    async with Socket(turn.session_id, cookie=cookie) as socket:
        await socket.hello()
        assert await socket.is_silent(0.7)


async def test_after_it_was_told_there_is_silence(turn: Turn, cookie: str) -> None:
    async with Socket(turn.session_id, cookie=cookie) as socket:
        await socket.hello()
        await in_database_thread(_end_without_a_word, turn)
        await socket.hears_until("snapshot")
        assert await socket.is_silent(0.7)
