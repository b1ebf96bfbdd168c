"""Workers die as in a power cut, or stand still and come back as if nothing had happened."""

import asyncio
import random
import time

import pytest

from tests.harness.client import ChatClient, clients
from tests.harness.journal import Sent
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.process import Process
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import Ledger, PlayingServer, numbered

pytestmark = pytest.mark.fault

RECOVERY_SECONDS = 45
"""A lease, and the period of the housekeeping that looks for the lost."""


async def _ask_everybody(people: list[ChatClient], what: str, moments: random.Random) -> list[Sent]:
    """One after the other, so that the replies are in different stages."""
    sent = []
    for n, client in enumerate(people):
        sent.append(await client.ask(f"{what} {n}"))
        await asyncio.sleep(moments.uniform(0, 0.5))
    return sent


async def test_replies_of_a_killed_worker_are_kept_as_far_as_they_came_or_answered_anew(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "after:0.7:tokens:160@40")
    async with clients(demo, 8) as people:
        sent = await _ask_everybody(people, "one of two workers dies", moments)
        await asyncio.to_thread(valis.restart, valis.workers[0])
        killed_at = time.monotonic()
        for client, each in zip(people, sent, strict=True):
            reply = await client.reply(each, seconds=RECOVERY_SECONDS + 15)
            if reply.status != "complete":
                assert (reply.status, reply.form["code"]) == ("interrupted", "worker_lost")
                assert reply.text, "with nothing to be seen of it, it is answered again"
                assert time.monotonic() - killed_at < RECOVERY_SECONDS
        journals = [each.journal for each in people]
        assert_nothing_lost(journals, data=valis.data, playing=playing)

        playing.cast(MODEL, "tokens:5")
        for client, each in zip(people, sent, strict=True):
            if client.reply_to(each).status == "interrupted":
                await client.say(type="run_again", turn=each.turn)
                await client.until(lambda c=client, e=each: c.reply_to(e).status == "complete")
        assert_nothing_lost(journals, data=valis.data, playing=playing)


async def test_what_waits_for_the_only_worker_is_answered_by_the_next_one_in_time(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "after:1.5:tokens:20")
    for spare in valis.workers[1:]:
        await asyncio.to_thread(spare.kill)
    async with clients(demo, 4) as people:
        sent = await _ask_everybody(people, "the only worker dies", moments)
        waiting = [await each.ask(f"behind it {n}") for n, each in enumerate(people)]
        await asyncio.to_thread(valis.restart, valis.workers[0])
        killed_at = time.monotonic()
        for client, *both in zip(people, sent, waiting, strict=True):
            for each in both:
                assert (await client.reply(each, seconds=RECOVERY_SECONDS)).status == "complete"
        assert time.monotonic() - killed_at < RECOVERY_SECONDS
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)


async def test_a_worker_that_stood_still_past_its_lease_writes_nothing_any_more(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:3000@40")
    async with clients(demo, 4) as people:
        sent = [await each.ask(f"its worker stands still {n}") for n, each in enumerate(people)]
        for client, each in zip(people, sent, strict=True):
            await client.streamed(each, 60)
        await asyncio.sleep(moments.uniform(1, 2))
        paused = valis.workers
        for worker in paused:
            worker.pause()
        try:
            for client, each in zip(people, sent, strict=True):
                reply = await client.reply(each, seconds=RECOVERY_SECONDS)
                assert (reply.status, reply.form["code"]) == ("interrupted", "worker_lost")
        finally:
            for worker in paused:
                worker.resume()
        kept = [client.reply_to(each).text for client, each in zip(people, sent, strict=True)]
        await asyncio.to_thread(playing.calls.wait_until, _none_is_open, timeout=20)
        assert [client.reply_to(each).text for client, each in zip(people, sent, strict=True)] == kept
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)

        playing.cast(MODEL, "tokens:5")
        again = await people[0].reply(await people[0].ask("and now it works again"))
        assert again.text == numbered(5)


def _none_is_open(calls: Ledger) -> bool:
    return not calls.where(outcome="open")


async def test_a_worker_killed_again_and_again_never_answers_anything_twice(
    valis: Production, playing: PlayingServer, demo: Person, moments: random.Random
) -> None:
    playing.cast(MODEL, "tokens:10")
    is_over = asyncio.Event()

    async def kill_now_and_then(worker: Process) -> None:
        while not is_over.is_set():
            await asyncio.sleep(moments.uniform(2, 5))
            await asyncio.to_thread(valis.restart, worker)

    async with clients(demo, 4) as people:
        killing = asyncio.create_task(kill_now_and_then(valis.workers[0]))
        sent = []
        for n in range(10):
            sent += [(each, await each.ask(f"in between {n} {m}")) for m, each in enumerate(people)]
            await asyncio.sleep(moments.uniform(0, 1))
        is_over.set()
        await killing
        for client, each in sent:
            await client.reply(each, seconds=2 * RECOVERY_SECONDS)
        assert_nothing_lost([each.journal for each in people], data=valis.data, playing=playing)
