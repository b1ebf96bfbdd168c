"""Live events between threads and event loops."""

import asyncio
import json
import threading
from collections.abc import Callable

import pytest

from core.live.memory import MemoryBackend

THREADS, EACH = 8, 100


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


class Reader(threading.Thread):
    """Reads from a loop of its own until it has heard enough."""

    def __init__(self, backend: MemoryBackend, count: int) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[int, int]] = []
        self.ids: list[str] = []
        self.is_ready = threading.Event()
        self._backend = backend
        self._count = count
        self.start()
        self.is_ready.wait(5)

    def run(self) -> None:
        asyncio.run(self._read())

    async def _read(self) -> None:
        subscription = await self._backend.subscribe("session:a", after="")
        self.is_ready.set()
        async with asyncio.timeout(10):
            while len(self.heard) < self._count:
                for entry in await subscription.next_entries():
                    event = json.loads(entry.frame)
                    self.heard.append((event["thread"], event["n"]))
                    self.ids.append(entry.id)
        subscription.close()


def in_threads(work: Callable[[int], None], *, count: int = THREADS) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def test_many_threads_are_heard_on_several_loops_without_loss_and_in_one_order(
    backend: MemoryBackend,
) -> None:
    readers = [Reader(backend, THREADS * EACH) for _ in range(3)]

    def publish_all(thread: int) -> None:
        for number in range(EACH):
            backend.publish("session:a", {"type": "n", "thread": thread, "n": number})

    in_threads(publish_all)
    for reader in readers:
        reader.join(10)

    first, *others = readers
    assert len(first.heard) == THREADS * EACH
    assert all(reader.heard == first.heard for reader in others)
    for thread in range(THREADS):
        assert [n for each, n in first.heard if each == thread] == list(range(EACH))
    assert first.ids == sorted(set(first.ids))


def test_an_event_wakes_a_reader_of_another_thread_at_once(backend: MemoryBackend) -> None:
    reader = Reader(backend, 1)

    backend.publish("session:a", {"type": "n", "thread": 0, "n": 1})
    reader.join(1)

    assert reader.heard == [(0, 1)]


@pytest.mark.parametrize("is_known_to_be_closed", [True, False])
def test_readers_whose_loop_has_ended_keep_nobody_from_hearing(
    backend: MemoryBackend, *, is_known_to_be_closed: bool
) -> None:
    class EndingLoop(asyncio.SelectorEventLoop):
        """It may end between a look at it and the call."""

        looks_open = not is_known_to_be_closed

        def is_closed(self) -> bool:
            return not self.looks_open and super().is_closed()

    async def come() -> object:
        return await backend.subscribe("session:a", after="")

    loop = EndingLoop()
    gone = [loop.run_until_complete(come()) for _ in range(3)]
    loop.close()
    reader = Reader(backend, 1)

    in_threads(lambda _: backend.publish("session:a", {"type": "n", "thread": 0, "n": 1}), count=1)
    reader.join(5)

    assert reader.heard == [(0, 1)]
    assert len(gone) == 3
    loop.looks_open = False
