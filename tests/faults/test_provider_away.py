"""The provider's server goes away and comes back."""

import asyncio

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.store import set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer, numbered


async def test_a_provider_restarted_in_mid_stream_starts_over_and_finishes(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:60@40:call*-")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask("restarted in mid-stream")
        await client.streamed(sent, 100)
        await asyncio.to_thread(playing.stop)
        playing.start()
        reply = await client.reply(sent)
        last = playing.calls[-1]
        assert (reply.status, reply.attempt) == ("complete", 2)
        assert reply.text == numbered(60, mark=f"call{last.id}-"), "nothing of the first attempt"
        assert client.journal.restarts == ["openai broke off: the connection failed (it was cut off)"]
        store = assert_nothing_lost(client.journal, data=valis.data, playing=playing)
    assert [attempt["status"] for attempt in store.attempts] == ["interrupted", "complete"]
    assert [attempt["code"] for attempt in store.attempts] == ["replaced", ""]


async def test_a_provider_that_stays_away_is_replaced_by_the_fallback_voice_until_it_is_back(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    set_up_engine(valis.data, retry_schedule=[0.1])
    playing.cast(MODEL, "tokens:400@40")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask("gone in mid-stream")
        await client.streamed(sent, 100)
        await asyncio.to_thread(playing.stop)
        reply = await client.reply(sent)
        assert (reply.status, reply.form["provider"]["is_fallback"]) == ("complete", True)
        assert "w0 w1" not in reply.text

        playing.cast(MODEL, "say:Here again.")
        playing.start()
        later = await client.reply(await client.ask("back after a while"))
        assert (later.text, later.form["provider"]["name"]) == ("Here again.", "openai")
        assert_nothing_lost(client.journal, data=valis.data, playing=playing)
