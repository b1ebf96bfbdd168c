"""People stop replies whenever they like."""

import asyncio
import random
import time

from tests.harness.client import ChatClient, clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import Ledger, PlayingServer

TIMES, AT_ONCE = 25, 5


async def _stop_after(client: ChatClient, question: str, *, seconds: float) -> float:
    """Gives the time at which the wish was sent."""
    sent = await client.ask(question)
    await asyncio.sleep(seconds)
    wished = time.time()
    await client.say(type="stop", turn=sent.turn)
    reply = await client.reply(sent, seconds=5)
    assert (reply.status, reply.form["code"]) == ("cancelled", "stopped")
    return wished


def _has_none_open(calls: Ledger) -> bool:
    return not calls.where(outcome="open")


async def test_stops_at_random_moments_each_end_the_call_within_a_second(
    valis: Valis, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "after:0.2:tokens:300@50")
    async with clients(demo, AT_ONCE) as people:
        for part in range(TIMES // AT_ONCE):
            questions = [f"stopped at random {part} {n}" for n in range(AT_ONCE)]
            stops = [
                _stop_after(client, question, seconds=moments.uniform(0, 1.2))
                for client, question in zip(people, questions, strict=True)
            ]
            wished = dict(zip(questions, await asyncio.gather(*stops), strict=True))
            await asyncio.to_thread(playing.calls.wait_until, _has_none_open)
            took = []
            for call in playing.calls:
                if moment := wished.get(call.last_user_text):
                    assert call.outcome == "closed_by_client"
                    took.append((call.ended or 0) - moment)
            assert not took or min(took) <= 1.0, "a busy machine is late now and then, not each time"
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_a_stopped_reply_keeps_what_was_seen_and_can_be_run_again(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:300@50")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask("stopped and run again")
        seen = (await client.streamed(sent, 50)).text
        await client.say(type="stop", turn=sent.turn)
        stopped = await client.reply(sent)
        assert stopped.text.startswith(seen)
        kept = stopped.text

        playing.cast(MODEL, "say:Now all of it.")
        await client.say(type="run_again", turn=sent.turn)
        await client.until(lambda: client.reply_to(sent).status == "complete")
        store = assert_nothing_lost(client.journal, data=valis.data, playing=playing)
    assert [attempt["text"] for attempt in store.attempts] == [kept, "Now all of it."]


async def test_a_waiting_message_that_is_stopped_is_never_asked_about(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:50@50")
    async with ChatClient(demo, demo.new_session()) as client:
        first = await client.ask("goes first")
        second = await client.ask("stopped while it waits")
        third = await client.ask("goes after it")
        await client.say(type="stop", turn=second.turn)
        assert (await client.reply(second)).status == "cancelled"
        assert (await client.reply(first)).status == "complete"
        assert (await client.reply(third)).status == "complete"
    assert not [call for call in playing.calls if call.last_user_text == "stopped while it waits"]
