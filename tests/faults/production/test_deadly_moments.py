"""A process dies at each of the moments between a message and the end of its reply."""

import asyncio
import itertools
import random

import pytest

from tests.harness.client import ChatClient, clients
from tests.harness.failpoints import FAILPOINTS
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

RECOVERY_SECONDS = 60
"""A lease or the patience of the sweeper, and the period of both, on a machine that starts processes."""


async def _die(valis: Production, client: ChatClient, moment: str) -> None:
    valis.arm(moment)
    await client.send(f"dies {moment}")
    await asyncio.to_thread(valis.until, lambda: not valis.is_armed, seconds=20)
    # Only now: a new process must not die as well.
    await asyncio.to_thread(valis.until, lambda: bool(valis.revive()), seconds=5)


async def test_whatever_the_moment_a_message_is_stored_once_and_answered_once(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:40@40")
    order = moments.sample(list(FAILPOINTS), len(FAILPOINTS))
    async with clients(demo, len(order)) as people:
        for client, moment in zip(people, order, strict=True):
            await _die(valis, client, moment)
        for client in people:
            (sent,) = client.journal.sent.values()
            reply = await client.reply(sent, seconds=RECOVERY_SECONDS)
            assert reply.status in {"complete", "interrupted"}
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_a_message_whose_web_server_died_before_it_told_anybody_is_answered_in_its_turn(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    async with ChatClient(demo, demo.new_session()) as client:
        await _die(valis, client, "between commit and dispatch")
        later = await client.ask("sent right after")
        (first, _) = client.journal.sent.values()
        for each in (first, later):
            assert (await client.reply(each, seconds=RECOVERY_SECONDS)).status == "complete"
        store = assert_nothing_lost(client.journal, data=valis.data, playing=playing)
    positions = [turn["position"] for turn in store.turns]
    assert all(one < other for one, other in itertools.pairwise(positions))
