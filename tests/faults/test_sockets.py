"""Browsers that are slow, forgetful, or come and go."""

import asyncio
import random

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer, numbered


async def test_a_browser_that_stops_reading_is_closed_and_gets_everything_on_return(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "big-line:300000")
    async with ChatClient(demo, demo.new_session(), is_acknowledging=False) as client:
        sent = await client.ask("a reply that is too long for a sleeper")
        await client.until(lambda: client.journal.closings, seconds=25)
        assert client.journal.closings == [4408]
        client.is_acknowledging = True
        reply = await client.reply(sent)
        assert (reply.status, len(reply.text)) == ("complete", 300_000)
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)


async def test_fifty_sockets_that_come_and_go_disturb_nobody(
    valis: Valis, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:150@50")
    session = demo.new_session()

    async def come_and_go() -> ChatClient:
        await asyncio.sleep(moments.uniform(0, 2))
        client = ChatClient(demo, session)
        async with client:
            await asyncio.sleep(moments.uniform(0, 0.5))
        return client

    async with ChatClient(demo, session) as steady:
        sent = await steady.ask("fifty come and go")
        visitors = await asyncio.gather(*(come_and_go() for _ in range(50)))
        reply = await steady.reply(sent)
        assert reply.heard == reply.text == numbered(150)
        assert steady.journal.snapshots == 1, "nothing was missed on the way"
        assert_nothing_lost(steady.journal, data=valis.data, playing=playing)
    assert not [complaint for each in visitors for complaint in each.journal.complaints]


async def test_a_reader_who_is_cut_off_again_and_again_has_every_word_once(
    valis: Valis, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:150@50")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask("cut off again and again")
        for _ in range(8):
            await asyncio.sleep(moments.uniform(0.05, 0.4))
            await client.cut()
        reply = await client.reply(sent)
        assert reply.heard == reply.text == numbered(150)
        assert len(client.journal.closings) >= 5
        assert client.journal.snapshots == 1, "it went on from the last event each time"
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)


async def test_two_who_write_into_one_session_at_once_see_the_same_order(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "after:0.05:tokens:5")
    session = demo.new_session()
    async with ChatClient(demo, session) as one, ChatClient(demo, session) as two:
        for n in range(4):
            await asyncio.gather(one.send(f"from the first {n}"), two.send(f"from the second {n}"))
        for client in (one, two):
            await client.until(lambda c=client: len(c.journal.ended) == 8)
        assert one.journal.messages == two.journal.messages
        assert_nothing_lost([one.journal, two.journal], data=valis.data, playing=playing)


async def test_a_reader_who_comes_in_the_first_second_of_a_reply_sees_it_from_its_beginning(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    session = demo.new_session()
    async with ChatClient(demo, session) as first:
        sent = await first.ask("somebody joins at once")
        await first.streamed(sent)
        async with ChatClient(demo, session) as second:
            assert sent.turn
            joined = second.journal.replies[sent.turn]
            await second.until(lambda: joined.text.startswith("w0 "), seconds=0.5)
            await second.until(lambda: joined.is_final)
            await first.reply(sent)
            journals = [first.journal, second.journal]
            assert_nothing_lost(journals, data=valis.data, playing=playing)
