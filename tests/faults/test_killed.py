"""VALIS dies as in a power cut, and is started again."""

import asyncio

from tests.harness.client import ChatClient, clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer


async def _restart(valis: Valis) -> None:
    await asyncio.to_thread(valis.kill)
    await asyncio.to_thread(valis.start)


async def test_killed_while_five_people_watch_nothing_is_lost_and_all_can_be_run_again(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:160@50")
    async with clients(demo, 5) as five:
        journals = [client.journal for client in five]
        sent = [await client.ask(f"killed while watched {n}") for n, client in enumerate(five)]
        for client, each in zip(five, sent, strict=True):
            await client.streamed(each, 350)
        await _restart(valis)

        for client, each in zip(five, sent, strict=True):
            reply = await client.reply(each)
            assert (reply.status, reply.form["code"]) == ("interrupted", "worker_lost")
            assert reply.text, "it was kept every second"
        assert_nothing_lost(journals, data=valis.data, playing=playing)

        playing.cast(MODEL, "tokens:5")
        for client, each in zip(five, sent, strict=True):
            await client.say(type="run_again", turn=each.turn)
            await client.until(lambda c=client, e=each: c.reply_to(e).status == "complete")
        store = assert_nothing_lost(journals, data=valis.data, playing=playing)
        assert all(attempt["text"] for attempt in store.attempts), "the old text stays readable"


async def test_killed_right_after_a_message_was_accepted_it_is_answered_after_the_start(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "after:1:tokens:5")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask("killed before the first word")
        await _restart(valis)
        reply = await client.reply(sent)
        assert reply.status == "complete"
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)


async def test_killed_with_three_messages_waiting_all_are_answered_in_order(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "after:0.3:tokens:5")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = [await client.ask(f"killed with a queue {n}") for n in range(3)]
        await _restart(valis)
        for each in sent:
            assert (await client.reply(each)).status == "complete"
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)


async def test_the_same_client_id_sent_again_after_the_start_is_the_same_message(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    session = demo.new_session()
    async with ChatClient(demo, session) as client:
        first = await client.ask("sent before and after")
        await client.reply(first)
        await _restart(valis)
        async with ChatClient(demo, session) as other:
            again = await other.send(first.text, client_id=first.client_id)
            await other.until(lambda: again.turn)
            assert (again.message, again.turn) == (first.message, first.turn)
            journals = [client.journal, other.journal]
            store = assert_nothing_lost(journals, data=valis.data, playing=playing)
    assert len(store.messages) == len(store.attempts) == 1


async def test_what_was_sent_while_valis_was_away_is_stored_once_when_it_is_back(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    async with ChatClient(demo, demo.new_session()) as client:
        await asyncio.to_thread(valis.kill)
        sent = await client.send("sent into the void")
        await asyncio.to_thread(valis.start)
        assert (await client.reply(sent)).status == "complete"
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)
