"""The places of all workers together, also when one of the workers is killed (EN-9)."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.harness.client import clients
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.harness.store import Store, set_up_engine
from tests.playing import PlayingServer, max_overlap

PLACES = 3


@pytest.fixture(autouse=True)
def few_places(valis: Production, playing: PlayingServer) -> Iterator[None]:
    playing.calls.clear()
    # What is learned from the chats before would be among the calls that are counted here.
    set_up_engine(valis.data, max_concurrent_requests=PLACES, longest_wait=600, memory_learning=False)
    yield
    set_up_engine(valis.data, max_concurrent_requests=200, longest_wait=60, memory_learning=True)


async def test_a_burst_at_two_workers_never_takes_more_places_and_keeps_its_order(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:10@40")
    async with clients(demo, 20) as people:
        sent = [await each.ask(f"one of twenty {n}") for n, each in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            assert (await client.reply(each, seconds=60)).status == "complete"
        journals = [each.journal for each in people]
        stored = await asyncio.to_thread(Store.read, valis.data, [each.session for each in people])
        assert_nothing_lost(journals, data=valis.data, playing=playing)

    assert max_overlap(list(playing.calls)) == PLACES
    claimed = [attempt["turn_id"] for attempt in stored.attempts]
    for number, turn in enumerate(claimed):
        assert sum(later < turn for later in claimed[number:]) < PLACES, "each of them had a place"


async def test_the_places_of_a_killed_worker_come_back_with_the_end_of_their_leases(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "slow-first:5:tokens:10@40")
    async with clients(demo, 8) as people:
        sent = [await each.ask(f"one of eight {n}") for n, each in enumerate(people)]
        playing.calls.wait_until(lambda calls: len(calls) == PLACES, timeout=20)
        await asyncio.to_thread(valis.workers[0].kill)
        playing.cast(MODEL, "tokens:10@40")
        for client, each in zip(people, sent, strict=True):
            assert (await client.reply(each, seconds=90)).status == "complete"
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)

    assert max_overlap(list(playing.calls)) <= PLACES
