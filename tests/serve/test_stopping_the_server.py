"""Ctrl+C while people chat, and what is there after the next start."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.playing import PlayingServer


async def test_stopped_in_mid_stream_the_text_is_kept_and_people_are_told_to_come_back(
    tmp_path: Path, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:4000@50")
    with running_valis(tmp_path, playing) as valis:
        demo = Person(valis.url).log_in("demo")
        async with ChatClient(demo, demo.new_session()) as client:
            sent = await client.ask("stopped in mid-stream")
            waiting = await client.ask("still in the queue at the stop")
            seen = (await client.streamed(sent, 100)).text
            assert await asyncio.to_thread(valis.stop) < 30
            assert playing.calls[0].outcome == "closed_by_client"
            reply = client.reply_to(sent)
            assert (reply.status, reply.form["code"]) == ("interrupted", "server_stopped")
            assert reply.text.startswith(seen), "it was told before the sockets were closed"
            await client.until(lambda: client.journal.closings)
            assert client.journal.closings[0] == 1012

            playing.cast(MODEL, "tokens:5")
            await asyncio.to_thread(valis.start)
            assert (await client.reply(waiting)).status == "complete"
            await client.say(type="run_again", turn=sent.turn)
            await client.until(lambda: client.reply_to(sent).status == "complete")
            assert_nothing_lost(client.journal, data=valis.data, playing=playing)


async def test_stopped_before_the_first_word_it_is_answered_after_the_start(
    tmp_path: Path, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "after:60:tokens:5")
    with running_valis(tmp_path, playing) as valis:
        demo = Person(valis.url).log_in("demo")
        async with ChatClient(demo, demo.new_session()) as client:
            sent = await client.ask("stopped before the first word")
            await asyncio.to_thread(playing.calls.wait_until, len)
            assert await asyncio.to_thread(valis.stop) < 30
            playing.cast(MODEL, "tokens:5")
            await asyncio.to_thread(valis.start)
            assert (await client.reply(sent)).status == "complete"
            assert_nothing_lost(client.journal, data=valis.data, playing=playing)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_a_word_and_without_an_error(tmp_path: Path, number: signal.Signals) -> None:
    with running_valis(tmp_path, PlayingServer()) as valis:
        assert valis.process
        valis.process.send_signal(number)
        assert valis.process.wait(40) == 0
        assert valis.output().rstrip().endswith("VALIS has stopped.")
        assert "Traceback" not in valis.output()
