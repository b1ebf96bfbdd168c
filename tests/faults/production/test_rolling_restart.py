"""An upgrade: every process is ended and started again, one after the other, while people talk."""

import asyncio
import random
import signal

import pytest

from tests.harness.client import clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import DRAIN_SECONDS, Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer, numbered

pytestmark = pytest.mark.fault


async def test_a_rolling_restart_under_load_ends_no_reply_and_loses_nothing(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    async with clients(demo, 3) as here, clients(demo.at(valis.url(2)), 3) as there:
        people = [*here, *there]
        for name, process in valis.processes.items():
            sent = [await each.ask(f"while {name} is restarted {n}") for n, each in enumerate(people)]
            await asyncio.sleep(moments.uniform(0, 1.5))
            await asyncio.to_thread(process.end, signal.SIGTERM, seconds=DRAIN_SECONDS + 5)
            assert process.exit_code == 0
            process.start()
            for client, each in zip(people, sent, strict=True):
                reply = await client.reply(each, seconds=40)
                assert (reply.status, reply.attempt, reply.text) == ("complete", 1, numbered(120))
        assert {code for each in people for code in each.journal.closings} == {1012}
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
