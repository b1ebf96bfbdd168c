"""Watching a session over sockets that come and go: every token once and in order (CH-7, I4)."""

import asyncio
from collections.abc import Callable

import pytest

from accounts.models import User
from chat.models import Session, Turn
from chat.services import run_turn_again, stop_turn
from core import live
from core.live.log import LOG_LENGTH
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of
from tests.chat.working import answering_in_thread
from tests.playing import PlayingServer, numbered

pytestmark = pytest.mark.django_db(transaction=True)

LENGTH = 60


@pytest.fixture
def turn(say: Say, provider: Callable[..., Provider]) -> Turn:
    """A turn whose reply takes 0.6 seconds."""
    provider(f"tokens:{LENGTH}@100")
    return say().turn


@pytest.fixture
def session(turn: Turn) -> Session:
    return turn.session


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


async def stored_text(turn: Turn) -> str:
    return str(await in_database_thread(lambda: turn.attempts.order_by("-number")[0].text))


async def hears_the_end(socket: Socket) -> None:
    await socket.hears_until("turn.done")


async def test_the_pieces_put_together_are_the_stored_text(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        answering_in_thread(turn)
        await hears_the_end(socket)

    assert socket.texts[turn.pk] == (1, numbered(LENGTH))
    assert await stored_text(turn) == numbered(LENGTH)
    assert len([event for event in socket.events if event["type"] == "turn.delta"]) > 5


async def test_two_tabs_see_the_same(session: Session, cookie: str, turn: Turn) -> None:
    async with Socket(session.pk, cookie=cookie) as one, Socket(session.pk, cookie=cookie) as other:
        await one.hello()
        await other.hello()
        answering_in_thread(turn)
        await asyncio.gather(hears_the_end(one), hears_the_end(other))

    assert one.events[1:] == other.events[1:]


async def test_who_comes_back_hears_what_was_missed_and_no_more(
    session: Session, cookie: str, turn: Turn
) -> None:
    async with Socket(session.pk, cookie=cookie) as witness:
        await witness.hello()
        async with Socket(session.pk, cookie=cookie) as socket:
            await socket.hello()
            answering_in_thread(turn)
            for _ in range(4):
                await socket.hears()
        await asyncio.sleep(0.1)
        async with Socket(session.pk, cookie=cookie) as again:
            again.texts = dict(socket.texts)
            await again.say("hello", after=socket.last_id)
            await hears_the_end(again)
        await hears_the_end(witness)

    assert again.events[0]["type"] != "snapshot"
    assert socket.events[1:] + again.events == witness.events[1:]


async def test_a_line_that_breaks_all_the_time_loses_and_doubles_nothing(
    session: Session, cookie: str, turn: Turn
) -> None:
    texts: dict[int, tuple[int, str]] = {}
    last_id, heard = "", []
    answering_in_thread(turn)
    while "turn.done" not in heard:
        async with Socket(session.pk, cookie=cookie) as socket:
            socket.texts, socket.last_id = texts, last_id
            await socket.say("hello", after=last_id)
            heard.append((await socket.hears())["type"])
            texts, last_id = socket.texts, socket.last_id

    assert heard.count("snapshot") == 1
    assert texts[turn.pk] == (1, await stored_text(turn)) == (1, numbered(LENGTH))


@pytest.mark.parametrize("seconds", [0, 0.02, 0.1, 0.3], ids=lambda value: f"{value} s")
@pytest.mark.parametrize("pulse", [0.05, 60], ids=["often checkpointed", "never checkpointed"])
async def test_who_comes_in_mid_text_has_all_of_it_without_a_gap(
    session: Session,
    cookie: str,
    turn: Turn,
    playing: PlayingServer,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    pulse: float,
) -> None:
    monkeypatch.setattr("providers.cascade.PULSE_SECONDS", pulse)
    answering_in_thread(turn)
    await asyncio.to_thread(playing.calls.wait_until, lambda calls: calls and calls[0].first_token)
    await asyncio.sleep(seconds)

    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        await hears_the_end(socket)

    assert socket.texts[turn.pk] == (1, numbered(LENGTH))


async def test_who_comes_in_the_first_moment_of_a_replaced_text_has_all_of_it(
    session: Session, cookie: str, turn: Turn, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    await in_database_thread(provider, "cut:5:x", name="breaks", priority=1)
    answering_in_thread(turn)
    await asyncio.to_thread(
        playing.calls.wait_until, lambda calls: len(calls) == 2 and calls[1].tokens_out > 9
    )

    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        await hears_the_end(socket)

    assert socket.texts[turn.pk] == (2, numbered(LENGTH))


async def test_an_id_of_an_earlier_process_brings_a_snapshot(session: Session, cookie: str) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        assert (await socket.hello(after="18e9bceb32365d94-0000000000000006"))["type"] == "snapshot"


async def test_an_id_that_is_no_longer_kept_brings_a_snapshot(session: Session, cookie: str) -> None:
    topic = f"session:{session.pk}"
    last_id = live.last_id(topic)
    for number in range(LOG_LENGTH + 1):
        live.publish(topic, {"type": "turn.delta", "turn": 0, "attempt": 1, "at": number, "text": "x"})

    async with Socket(session.pk, cookie=cookie) as socket:
        assert (await socket.hello(after=last_id))["type"] == "snapshot"


async def test_hello_may_be_said_again_at_any_time(session: Session, cookie: str, say: Say) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        second = await socket.hello()
        await in_database_thread(say, session_id=session.pk)

        assert second["type"] == "snapshot"
        assert [(await socket.hears())["type"] for _ in range(2)] == ["message", "turn.queued"]
        assert await socket.is_silent()


async def test_a_snapshot_says_from_where_events_go_on(session: Session, cookie: str, say: Say) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        snapshot = await socket.hello()
    await in_database_thread(say, "Meanwhile", session_id=session.pk)

    async with Socket(session.pk, cookie=cookie) as again:
        first = await again.hello(after=snapshot["id"])

    assert (first["type"], first["message"]["text"]) == ("message", "Meanwhile")


async def test_what_was_stopped_and_run_again_is_told_in_order(
    session: Session, cookie: str, turn: Turn
) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        await in_database_thread(stop_turn, turn)
        await in_database_thread(run_turn_again, turn)
        answering_in_thread(turn)
        await hears_the_end(socket)

    kinds = [event["type"] for event in socket.events if event["type"] != "turn.delta"]
    assert kinds == ["snapshot", "turn.cancelled", "turn.queued", "turn.started", "turn.done"]
    assert socket.texts[turn.pk] == (1, numbered(LENGTH))
