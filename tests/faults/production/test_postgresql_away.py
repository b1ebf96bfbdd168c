"""PostgreSQL is restarted, gone for a while, or stands still."""

import asyncio
import random
import time

import pytest

from tests.harness.client import ChatClient, clients
from tests.harness.journal import Sent
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer, numbered

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

BACK_SECONDS = 10.0
"""After PostgreSQL is back, VALIS is back."""


async def _send_until_accepted(client: ChatClient, text: str) -> Sent:
    """As a person does: after an error the page keeps the text, and sends it again under its own name."""
    sent = await client.send(text)
    ends_at = time.monotonic() + 60
    while not sent.is_accepted and time.monotonic() < ends_at:
        await asyncio.sleep(0.5)
        if not sent.is_accepted:
            await client.send_again(sent)
    return sent


async def _all_complete(people: list[ChatClient], sent: list[Sent], text: str) -> None:
    for client, each in zip(people, sent, strict=True):
        reply = await client.reply(each, seconds=60)
        assert (reply.status, reply.attempt, reply.text) == ("complete", 1, text)


async def test_messages_sent_while_postgresql_restarts_are_stored_once(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:5")
    before = valis.pids()
    async with clients(demo, 8) as people:

        async def talk(client: ChatClient, n: int) -> None:
            for m in range(8):
                await _send_until_accepted(client, f"while it restarts {n} {m}")
                await asyncio.sleep(0.2)

        async def restart() -> None:
            for _ in range(2):
                await asyncio.sleep(moments.uniform(0.1, 1))
                await asyncio.to_thread(valis.postgres.restart)

        await asyncio.gather(restart(), *(talk(client, n) for n, client in enumerate(people)))
        for client in people:
            await client.until(lambda c=client: len(c.journal.ended) == 8, seconds=60)
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
    assert valis.pids() == before


async def test_postgresql_gone_for_twenty_seconds_costs_no_reply_and_all_is_back_at_once(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:200@20")
    before = valis.pids()
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"PostgreSQL is gone {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0.5, 3))
        await asyncio.to_thread(valis.postgres.stop)
        await asyncio.to_thread(valis.until, valis.is_red, seconds=15)
        await asyncio.sleep(20)
        await asyncio.to_thread(valis.postgres.start)
        back_at = time.monotonic()
        await asyncio.to_thread(valis.until, valis.is_ready, seconds=60)
        assert time.monotonic() - back_at < BACK_SECONDS
        await _all_complete(people, sent, numbered(200))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
    assert valis.pids() == before


async def test_postgresql_that_stands_still_past_every_lease_costs_no_running_reply(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:1000@20")
    before = valis.pids()
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"PostgreSQL stands still {n}") for n, each in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            await client.streamed(each, 20)
        await asyncio.sleep(moments.uniform(0, 1))
        await asyncio.to_thread(valis.postgres.pause)
        await asyncio.to_thread(valis.until, valis.is_red, seconds=15)
        await asyncio.sleep(38)
        await asyncio.to_thread(valis.postgres.resume)
        await _all_complete(people, sent, numbered(1000))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
    assert valis.pids() == before


async def test_a_worker_that_cannot_reach_postgresql_keeps_its_text_and_saves_it_later(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:100@40")
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"its worker is without PostgreSQL {n}") for n, each in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            await client.streamed(each, 20)
        await asyncio.sleep(moments.uniform(0, 1))
        cut = valis.ways_to("postgres", "worker")
        for way in cut:
            moments.choice([way.refuse, way.blackhole])()
        await asyncio.sleep(moments.uniform(6, 10))
        for way in cut:
            way.reset()
        valis.heal()
        await _all_complete(people, sent, numbered(100))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
