"""Redis is gone, comes back empty, answers no more, or answers slowly."""

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

ACCEPTED_SECONDS = 4.0
RECOVERY_SECONDS = 60


async def _ask_timed(client: ChatClient, text: str) -> tuple[Sent, float]:
    began = time.monotonic()
    return await client.ask(text), time.monotonic() - began


async def _all_complete(people: list[ChatClient], sent: list[Sent], text: str) -> None:
    for client, each in zip(people, sent, strict=True):
        reply = await client.reply(each, seconds=RECOVERY_SECONDS)
        assert (reply.status, reply.attempt, reply.text) == ("complete", 1, text)


async def test_redis_gone_for_half_a_minute_and_back_empty_costs_nothing(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:200@20")
    before = valis.pids()
    async with clients(demo, 10) as people:
        running = [await each.ask(f"running when Redis goes {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0.5, 3))
        await asyncio.to_thread(valis.redis.stop)
        gone_at = time.monotonic()
        await asyncio.to_thread(valis.until, valis.is_red, seconds=15)
        playing.cast(MODEL, "tokens:5")
        asked = await asyncio.gather(
            *(_ask_timed(each, f"asked without Redis {n}") for n, each in enumerate(people))
        )
        assert max(seconds for _, seconds in asked) < ACCEPTED_SECONDS
        await asyncio.sleep(max(0, 30 - (time.monotonic() - gone_at)))
        await asyncio.to_thread(valis.redis.start)
        await asyncio.to_thread(valis.until, valis.is_ready, seconds=20)
        await _all_complete(people, running, numbered(200))
        await _all_complete(people, [sent for sent, _ in asked], numbered(5))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
        await asyncio.to_thread(valis.until_well, seconds=30)
    assert valis.pids() == before


async def test_redis_that_answers_no_more_holds_nobody_up(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:200@20")
    before = valis.pids()
    async with clients(demo, 10) as people:
        running = [await each.ask(f"running when Redis falls silent {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0.5, 3))
        for way in valis.ways_to("redis"):
            way.blackhole()
        asked = await asyncio.gather(
            *(_ask_timed(each, f"asked in silence {n}") for n, each in enumerate(people))
        )
        assert max(seconds for _, seconds in asked) < ACCEPTED_SECONDS
        await asyncio.to_thread(valis.until, valis.is_red, seconds=15)
        await asyncio.sleep(moments.uniform(10, 20))
        valis.heal()
        await asyncio.to_thread(valis.until, valis.is_ready, seconds=20)
        await _all_complete(people, running, numbered(200))
        for client, (each, _) in zip(people, asked, strict=True):
            assert (await client.reply(each, seconds=RECOVERY_SECONDS)).status == "complete"
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
        await asyncio.to_thread(valis.until_well, seconds=30)
    assert valis.pids() == before


async def test_workers_cut_off_from_redis_finish_and_their_readers_see_it_later(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:100@40")
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"its worker is cut off {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0, 1.5))
        for way in valis.ways_to("redis", "worker"):
            way.refuse()
        await asyncio.sleep(moments.uniform(4, 8))
        valis.heal()
        await _all_complete(people, sent, numbered(100))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_a_slow_and_narrow_way_to_redis_only_takes_longer(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:100@40")
    async with clients(demo, 4) as people:
        for way in valis.ways_to("redis"):
            way.delay, way.rate = moments.uniform(0.02, 0.1), 200_000
        sent = [await each.ask(f"slowly {n}") for n, each in enumerate(people)]
        await _all_complete(people, sent, numbered(100))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
