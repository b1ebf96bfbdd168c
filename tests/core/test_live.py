"""Live events within one process: what was said, in order, and no silence about what was missed."""

import asyncio
import json

import pytest

from core import live
from core.live import memory
from core.live.base import Entry, Missed
from core.live.log import LOG_LENGTH
from core.live.memory import MemoryBackend, MemorySubscription


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


def publish(backend: MemoryBackend, *numbers: int, topic: str = "session:a") -> None:
    for number in numbers:
        backend.publish(topic, {"type": "n", "n": number})


async def heard(subscription: MemorySubscription, *, count: int = 1) -> list[int]:
    """The next `count` numbers that were published."""
    numbers: list[int] = []
    async with asyncio.timeout(5):
        while len(numbers) < count:
            numbers += [json.loads(entry.frame)["n"] for entry in await subscription.next_entries()]
    return numbers


async def is_silent(subscription: MemorySubscription) -> bool:
    try:
        async with asyncio.timeout(0.02):
            await subscription.next_entries()
    except TimeoutError:
        return True
    return False


async def test_events_are_heard_in_the_order_they_were_published(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")

    publish(backend, *range(100))

    assert await heard(subscription, count=100) == list(range(100))


async def test_each_frame_is_the_event_with_its_id(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")

    backend.publish("session:a", {"type": "n", "text": 'naïve "😀"\u2028'})

    (entry,) = await subscription.next_entries()
    assert json.loads(entry.frame) == {"id": entry.id, "type": "n", "text": 'naïve "😀"\u2028'}


async def test_who_comes_without_an_id_hears_only_what_is_new(backend: MemoryBackend) -> None:
    publish(backend, 1, 2)
    subscription = await backend.subscribe("session:a", after="")
    publish(backend, 3)

    assert not subscription.is_resumed
    assert await heard(subscription) == [3]


async def test_who_comes_back_with_an_id_hears_everything_after_it_once(backend: MemoryBackend) -> None:
    first = await backend.subscribe("session:a", after="")
    publish(backend, 1, 2, 3, 4)
    entries = await first.next_entries()
    second = await backend.subscribe("session:a", after=entries[1].id)
    publish(backend, 5)

    assert second.is_resumed
    assert await heard(second, count=3) == [3, 4, 5]


async def test_who_comes_back_with_the_newest_id_waits_for_the_next_event(backend: MemoryBackend) -> None:
    publish(backend, 1)
    subscription = await backend.subscribe("session:a", after=backend.last_id("session:a"))

    assert subscription.is_resumed
    assert await is_silent(subscription)


async def test_an_id_the_log_has_no_more_is_not_resumed(backend: MemoryBackend) -> None:
    publish(backend, 0)
    oldest = backend.last_id("session:a")
    publish(backend, *range(LOG_LENGTH + 1))

    assert not (await backend.subscribe("session:a", after=oldest)).is_resumed


async def test_the_last_id_before_the_log_begins_is_still_resumed(backend: MemoryBackend) -> None:
    publish(backend, 0)
    oldest = backend.last_id("session:a")
    publish(backend, *range(LOG_LENGTH))

    subscription = await backend.subscribe("session:a", after=oldest)
    assert await heard(subscription, count=LOG_LENGTH) == list(range(LOG_LENGTH))


@pytest.mark.parametrize(
    "unknown", ["nonsense", "-", "0-1", "18e9bceb32365d94-0000000000000001", "x" * 64, "{era}-", "{era}-x",
                "{era}--1", "{era}-99999999999999999999", "{era}-0000000000000009", "{era}-²"]
)  # fmt: skip
async def test_an_unknown_id_is_not_resumed(backend: MemoryBackend, unknown: str) -> None:
    publish(backend, 1)
    era = backend.last_id("session:a").partition("-")[0]
    subscription = await backend.subscribe("session:a", after=unknown.replace("{era}", era))
    publish(backend, 2)

    assert not subscription.is_resumed
    assert await heard(subscription) == [2]


async def test_who_falls_behind_the_log_is_told_so(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")
    publish(backend, *range(LOG_LENGTH + 1))

    with pytest.raises(Missed):
        await subscription.next_entries()


async def test_who_is_just_in_time_misses_nothing(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")
    publish(backend, *range(LOG_LENGTH))

    assert await heard(subscription, count=LOG_LENGTH) == list(range(LOG_LENGTH))


async def test_a_reader_that_does_not_read_costs_no_memory(backend: MemoryBackend) -> None:
    slow = await backend.subscribe("session:a", after="")
    publish(backend, *range(20 * LOG_LENGTH))

    assert len(backend._topics["session:a"].entries) == LOG_LENGTH
    with pytest.raises(Missed):
        await slow.next_entries()


async def test_topics_do_not_hear_each_other(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")
    publish(backend, 1, topic="session:b")

    assert await is_silent(subscription)


async def test_an_id_of_one_topic_means_nothing_wrong_in_another(backend: MemoryBackend) -> None:
    publish(backend, 1, 2, 3)
    publish(backend, 4, topic="session:b")

    assert not (await backend.subscribe("session:b", after=backend.last_id("session:a"))).is_resumed


async def test_rewinding_goes_back_to_right_after_an_entry(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")
    publish(backend, 1, 2, 3)
    entries = await subscription.next_entries()

    assert await subscription.rewind(entries[0].id)
    assert subscription.position == entries[0].id
    assert await heard(subscription, count=2) == [2, 3]


async def test_the_position_of_a_new_reader_is_the_last_entry(backend: MemoryBackend) -> None:
    publish(backend, 1)

    assert (await backend.subscribe("session:a", after="")).position == backend.last_id("session:a")


async def test_a_closed_reader_is_forgotten(backend: MemoryBackend) -> None:
    subscription = await backend.subscribe("session:a", after="")
    subscription.close()
    subscription.close()

    assert not backend._topics["session:a"].readers


async def test_topics_nobody_uses_are_forgotten_and_their_ids_not_used_again(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(backend, 1, 2, 3)
    old = backend.last_id("session:a")
    monkeypatch.setattr(memory, "IDLE_SECONDS", -1.0)
    backend._tidy()
    assert "session:a" not in backend._topics

    publish(backend, 4)

    assert backend.last_id("session:a") > old
    assert not (await backend.subscribe("session:a", after="")).is_resumed


async def test_a_topic_somebody_listens_to_is_kept(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await backend.subscribe("session:a", after="")
    monkeypatch.setattr(memory, "IDLE_SECONDS", -1.0)
    backend._tidy()
    publish(backend, 1)

    assert await heard(subscription) == [1]


async def test_ids_of_an_earlier_process_are_unknown_and_lower(backend: MemoryBackend) -> None:
    publish(backend, 1, 2)
    await asyncio.sleep(0.001)
    restarted = MemoryBackend()
    publish(restarted, 1, 2)

    old, new = backend.last_id("session:a"), restarted.last_id("session:a")
    assert old < new
    assert not (await restarted.subscribe("session:a", after=old)).is_resumed


@pytest.mark.parametrize("event", [{"type": object()}, {("a",): 1}, {"type": {1, 2}}])
async def test_publishing_never_raises(event: object, caplog: pytest.LogCaptureFixture) -> None:
    live.publish("session:broken", event)  # type: ignore[arg-type]

    assert "was not published" in caplog.text


def test_publishing_needs_no_event_loop() -> None:
    live.publish("session:b", {"type": "n"})

    assert live.last_id("session:b")


def test_an_entry_is_encoded_once_for_all_readers(backend: MemoryBackend) -> None:
    async def read_twice() -> tuple[Entry, Entry]:
        first, second = [await backend.subscribe("session:a", after="") for _ in range(2)]
        publish(backend, 1)
        return (await first.next_entries())[0], (await second.next_entries())[0]

    one, other = asyncio.run(read_twice())
    assert one is other
