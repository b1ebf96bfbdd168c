"""A browser that does not keep up: it costs little, is closed, and has everything on return."""

import asyncio
from collections.abc import Callable

import pytest

from accounts.models import User
from chat import flow
from chat.models import Session, Turn
from core import live
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of
from tests.chat.working import answering_in_thread
from tests.playing import numbered

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 4_000


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MOST_IN_FLIGHT", LIMIT)
    monkeypatch.setattr(flow, "PATIENCE", 0.2)


@pytest.fixture
def turn(say: Say, provider: Callable[..., Provider]) -> Turn:
    provider("tokens:1000@1000")
    return say().turn


@pytest.fixture
def session(turn: Turn) -> Session:
    return turn.session


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


async def test_who_acknowledges_nothing_is_closed(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        answering_in_thread(turn)

        assert await socket.closing_code() == 4408


async def test_who_was_closed_has_everything_on_return(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        answering = answering_in_thread(turn)
        await socket.closing_code()
    await asyncio.wrap_future(answering)

    async with Socket(session.pk, cookie=cookie) as again:
        again.texts = dict(socket.texts)
        await again.say("hello", after=socket.last_id)
        while again.texts.get(turn.pk, (0, ""))[1] != numbered(1000):
            await again.hears()
            await again.say("ack", id=again.last_id)
    assert await in_database_thread(lambda: turn.attempts.get().text) == numbered(1000)


async def test_who_acknowledges_is_never_closed(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        answering_in_thread(turn)
        while (await socket.hears())["type"] != "turn.done":
            await socket.say("ack", id=socket.last_id)

    assert socket.texts[turn.pk] == (1, numbered(1000))


async def test_who_is_slow_does_not_hold_up_the_others(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as slow, Socket(session.pk, cookie=cookie) as quick:
        await slow.hello()
        await quick.hello()
        answering_in_thread(turn)
        while (await quick.hears())["type"] != "turn.done":
            await quick.say("ack", id=quick.last_id)

        assert quick.texts[turn.pk] == (1, numbered(1000))
        assert await slow.closing_code() == 4408


async def test_no_more_is_under_way_than_the_limit_and_one_event_also_after_a_return(
    session: Session, cookie: str
) -> None:
    topic = f"session:{session.pk}"
    last_id = live.last_id(topic)
    for number in range(50):
        live.publish(topic, {"type": "message", "message": {"text": "x" * 1_000, "n": number}})

    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.say("hello", after=last_id)
        await socket.closing_code()

    sent = [len(event["message"]["text"]) for event in socket.events if event["type"] == "message"]
    assert sum(sent) <= LIMIT + 1_000
