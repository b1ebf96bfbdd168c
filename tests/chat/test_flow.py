"""Back-pressure of one socket: what was sent and not yet acknowledged."""

import asyncio

import pytest

from chat import flow
from chat.flow import Flow
from core.live import Entry


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MOST_IN_FLIGHT", 100)
    monkeypatch.setattr(flow, "PATIENCE", 0.05)


def send(flow: Flow, *numbers: int, size: int = 30) -> None:
    for number in numbers:
        flow.sent(Entry(f"era-{number:04d}", "x" * size))


async def test_there_is_room_up_to_the_limit() -> None:
    flow = Flow()
    send(flow, 1, 2, 3)

    assert await flow.has_room()


async def test_beyond_the_limit_there_is_none_for_who_never_acknowledges() -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4)

    assert not await flow.has_room()


async def test_an_acknowledgement_makes_room_for_all_up_to_it() -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4)
    flow.acknowledge("era-0003")
    send(flow, 5, 6)

    assert await flow.has_room()


async def test_who_waits_goes_on_as_soon_as_there_is_room() -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4)
    waiting = asyncio.create_task(flow.has_room())
    await asyncio.sleep(0.01)

    flow.acknowledge("era-0001")

    assert await waiting


async def test_an_acknowledgement_that_frees_too_little_changes_nothing() -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4, size=60)
    waiting = asyncio.create_task(flow.has_room())
    await asyncio.sleep(0.01)

    flow.acknowledge("era-0001")

    assert not await waiting


@pytest.mark.parametrize("known_before", ["", "era-0000"])
async def test_an_acknowledgement_of_what_was_never_sent_frees_nothing(known_before: str) -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4)
    flow.acknowledge(known_before)

    assert not await flow.has_room()


async def test_acknowledging_twice_counts_once() -> None:
    flow = Flow()
    send(flow, 1, 2, 3, 4)
    flow.acknowledge("era-0002")
    flow.acknowledge("era-0002")
    send(flow, 5, 6)

    assert not await flow.has_room()
