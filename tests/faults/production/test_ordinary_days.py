"""What happens in every installation sooner or later; the other files here are for the rare days."""

import asyncio
import random
import signal

from tests.harness.client import ChatClient, clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import DRAIN_SECONDS, Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer, numbered


async def test_while_a_web_server_and_a_worker_are_restarted_replies_come_to_their_end(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    restarted = [valis.webs[0], valis.workers[0]]
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"while others are restarted {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0, 1.5))
        ends = [asyncio.to_thread(each.end, signal.SIGTERM, seconds=DRAIN_SECONDS + 5) for each in restarted]
        await asyncio.gather(*ends)
        assert [each.exit_code for each in restarted] == [0, 0]
        valis.revive()
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each, seconds=30)
            assert (reply.status, reply.attempt, reply.text) == ("complete", 1, numbered(120))
        assert {code for each in people for code in each.journal.closings} == {1012}
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_a_web_server_that_is_killed_costs_its_readers_nothing(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    async with clients(demo, 5) as people:
        sent = [await each.ask(f"the web server dies {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0, 2))
        await asyncio.to_thread(valis.restart, valis.webs[0])
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each, seconds=30)
            assert (reply.status, reply.attempt, reply.text) == ("complete", 1, numbered(120))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_after_each_reset_of_all_connections_to_redis_everything_goes_on_and_stop_works(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:200@50")
    before = valis.pids()
    async with clients(demo, 2) as (watching, stopping):
        whole = await watching.ask("reset in mid-stream")
        for n in range(3):
            stopped = await stopping.ask(f"reset and stopped {n}")
            await asyncio.sleep(moments.uniform(0.2, 0.6))
            await asyncio.to_thread(valis.redis.reset_connections)
            await asyncio.sleep(moments.uniform(0, 0.5))
            await stopping.say(type="stop", turn=stopped.turn)
            assert (await stopping.reply(stopped, seconds=10)).status == "cancelled"
        assert (await watching.reply(whole)).text == numbered(200)
        assert_nothing_lost([watching.journal, stopping.journal], data=valis.data, playing=playing)
    assert valis.pids() == before


async def test_a_restart_of_postgresql_in_mid_reply_costs_the_reply_nothing(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    before = valis.pids()
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"PostgreSQL is restarted {n}") for n, each in enumerate(people)]
        await asyncio.sleep(moments.uniform(0.2, 2))
        await asyncio.to_thread(valis.postgres.restart)
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each)
            assert (reply.status, reply.attempt, reply.text) == ("complete", 1, numbered(120))
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
    assert valis.pids() == before


async def test_who_watches_by_another_web_server_sees_the_same(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:20@40")
    session = demo.new_session()
    async with ChatClient(demo, session) as one, ChatClient(demo.at(valis.url(2)), session) as two:
        for n in range(3):
            await asyncio.gather(one.send(f"from here {n}"), two.send(f"from there {n}"))
        for client in (one, two):
            await client.until(lambda c=client: len(c.journal.ended) == 6)
        assert one.journal.messages == two.journal.messages
        assert all(reply.heard == reply.text for reply in two.journal.replies.values())
        assert_nothing_lost([one.journal, two.journal], data=valis.data, playing=playing)
