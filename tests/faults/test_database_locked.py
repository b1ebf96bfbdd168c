"""Another process holds the database's write lock."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.client import clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


def _locked(data: Path, *, seconds: float) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", HOLD, str(data / "valis.sqlite3"), str(seconds)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


async def test_ten_people_who_send_while_the_database_is_locked_for_three_seconds_are_served(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    async with clients(demo, 10) as ten:
        with _locked(valis.data, seconds=3):
            began = time.monotonic()
            sent = [await client.send(f"sent to a locked database {n}") for n, client in enumerate(ten)]
            for client, each in zip(ten, sent, strict=True):
                assert (await client.reply(each)).status == "complete"
        assert time.monotonic() - began < 8
        assert not [error for client in ten for error in client.journal.errors]
        assert_nothing_lost([client.journal for client in ten], data=valis.data, playing=playing)


async def test_replies_go_on_streaming_while_the_database_is_locked(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:100@40")
    async with clients(demo, 3) as three:
        sent = [await client.ask(f"locked in mid-stream {n}") for n, client in enumerate(three)]
        for client, each in zip(three, sent, strict=True):
            await client.streamed(each)
        with _locked(valis.data, seconds=3):
            before = [len(client.reply_to(each).text) for client, each in zip(three, sent, strict=True)]
            await asyncio.sleep(1.5)
            after = [len(client.reply_to(each).text) for client, each in zip(three, sent, strict=True)]
        assert all(later > earlier + 100 for earlier, later in zip(before, after, strict=True))
        for client, each in zip(three, sent, strict=True):
            assert (await client.reply(each)).status == "complete"
        assert_nothing_lost([client.journal for client in three], data=valis.data, playing=playing)


@pytest.mark.fault
@pytest.mark.timeout(240)
async def test_a_minute_of_lock_gives_late_answers_or_errors_to_repeat_and_ends_no_reply(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:800@20")
    async with clients(demo, 12) as people:
        running = [await client.ask(f"runs all the while {n}") for n, client in enumerate(people[:2])]
        for client, each in zip(people, running, strict=False):
            await client.streamed(each)
        writers = people[2:]
        playing.cast(MODEL, "tokens:5")
        with _locked(valis.data, seconds=60) as lock:
            sent = [await client.send(f"sent into the lock {n}") for n, client in enumerate(writers)]
            await asyncio.to_thread(lock.wait, 90)
        for client, each in zip(writers, sent, strict=True):
            await client.until(lambda c=client, e=each: e.is_accepted or c.journal.errors, seconds=60)
            await client.send_again(each)
            assert (await client.reply(each, seconds=40)).status == "complete"
        assert {error["code"] for client in writers for error in client.journal.errors} == {"unavailable"}
        for client, each in zip(people, running, strict=False):
            reply = await client.reply(each, seconds=60)
            assert (reply.status, reply.attempt) == ("complete", 1)
        assert_nothing_lost([client.journal for client in people], data=valis.data, playing=playing)
