"""Live events between processes, through a real Redis."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.live.base import Missed, Subscription
from core.live.log import LOG_LENGTH
from core.live.redis import RedisBackend, listener
from core.loop import on_engine_loop
from tests.redis_server import RedisServer

TOPIC = "session:a"
Start = Callable[..., RedisBackend]


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(shared_server: RedisServer) -> RedisServer:
    shared_server.ask("FLUSHALL")
    return shared_server


@pytest.fixture
def process(redis: RedisServer, settings) -> Iterator[Start]:
    """A back end of its own, as each process has one."""
    settings.VALIS_REDIS_URL = redis.url
    started: list[RedisBackend] = []

    def start(*, url: str = "") -> RedisBackend:
        settings.VALIS_REDIS_URL = url or redis.url
        started.append(RedisBackend())
        return started[-1]

    yield start
    for backend in started:
        backend.close(seconds=0.1)


def publish(backend: RedisBackend, *numbers: int, topic: str = TOPIC) -> None:
    for number in numbers:
        backend.publish(topic, {"type": "n", "n": number})


async def heard(subscription: Subscription, *, count: int = 1) -> list[int]:
    """The next `count` numbers that were published."""
    numbers: list[int] = []
    async with asyncio.timeout(15):
        while len(numbers) < count:
            numbers += [json.loads(entry.frame)["n"] for entry in await subscription.next_entries()]
    return numbers


async def newest(backend: RedisBackend) -> str:
    return await asyncio.to_thread(backend.newest_id, TOPIC)


async def heard_after_a_gap(subscription: Subscription) -> bool:
    """Whether the reader is told that it missed something, within a while."""
    async with asyncio.timeout(15):
        try:
            await subscription.next_entries()
        except Missed:
            return True
    return False


async def test_what_one_process_publishes_another_one_hears_in_order(process: Start) -> None:
    speaker, hearer = process(), process()
    subscription = await hearer.subscribe(TOPIC, after="")

    publish(speaker, *range(500))

    assert await heard(subscription, count=500) == list(range(500))


async def test_each_frame_is_the_event_with_its_id(process: Start) -> None:
    backend = process()
    subscription = await backend.subscribe(TOPIC, after="")

    backend.publish(TOPIC, {"type": "n", "text": 'naïve "😀"\u2028'})

    (entry,) = await subscription.next_entries()
    assert json.loads(entry.frame) == {"id": entry.id, "type": "n", "text": 'naïve "😀"\u2028'}


async def test_who_comes_without_an_id_hears_only_what_is_new(process: Start) -> None:
    backend = process()
    publish(backend, 1, 2)
    last = await newest(backend)

    subscription = await backend.subscribe(TOPIC, after="")
    publish(backend, 3)

    assert (subscription.is_resumed, subscription.position) == (False, last)
    assert await heard(subscription) == [3]


async def test_who_comes_back_to_another_process_hears_everything_after_its_id_once(process: Start) -> None:
    one, other = process(), process()
    first = await one.subscribe(TOPIC, after="")
    publish(one, 1)
    (entry,) = await first.next_entries()
    publish(one, 2, 3)
    assert await heard(first, count=2) == [2, 3]

    second = await other.subscribe(TOPIC, after=entry.id)
    publish(one, 4)

    assert second.is_resumed
    assert await heard(second, count=3) == [2, 3, 4]


async def test_a_second_reader_of_a_topic_begins_where_it_came(process: Start) -> None:
    backend = process()
    first = await backend.subscribe(TOPIC, after="")
    publish(backend, 1)
    assert await heard(first) == [1]

    second = await backend.subscribe(TOPIC, after="")
    publish(backend, 2)

    assert await heard(second) == [2]
    assert await heard(first) == [2]


@pytest.mark.parametrize(
    "unknown",
    ["nonsense", "-", "0-1", "0000000000001-000000000", "x" * 23, "1700000000000-00000000²", "*", "$"],
)
async def test_an_unknown_id_is_not_resumed(process: Start, unknown: str) -> None:
    backend = process()
    publish(backend, 1)
    await newest(backend)

    subscription = await backend.subscribe(TOPIC, after=unknown)
    publish(backend, 2)

    assert not subscription.is_resumed
    assert await heard(subscription) == [2]


async def test_rewinding_goes_back_to_right_after_an_entry(process: Start) -> None:
    backend = process()
    publish(backend, 1)
    first = await newest(backend)
    publish(backend, 2, 3)
    await newest(backend)
    subscription = await backend.subscribe(TOPIC, after="")

    assert await subscription.rewind(first)
    publish(backend, 4)

    assert subscription.position == first
    assert await heard(subscription, count=3) == [2, 3, 4]


async def test_ids_sort_as_text_in_the_order_of_publishing(process: Start) -> None:
    backend = process()
    subscription = await backend.subscribe(TOPIC, after="")
    publish(backend, *range(2 * LOG_LENGTH // 3))

    ids: list[str] = []
    while len(ids) < 2 * LOG_LENGTH // 3:
        ids += [entry.id for entry in await subscription.next_entries()]

    assert ids == sorted(set(ids))


async def test_who_falls_behind_the_log_is_told_so(process: Start) -> None:
    speaker, hearer = process(), process()
    slow, quick = await hearer.subscribe(TOPIC, after=""), await hearer.subscribe(TOPIC, after="")
    publish(speaker, *range(2 * LOG_LENGTH))
    with pytest.raises(Missed):
        while True:
            await heard(quick)
            await asyncio.sleep(0)
            if (await newest(speaker)) == quick.position:
                await slow.next_entries()


async def test_the_log_in_redis_is_bounded_and_expires(process: Start, redis: RedisServer) -> None:
    backend = process()
    publish(backend, *range(5 * LOG_LENGTH))
    await on_engine_loop(backend._publisher.flush())
    length = int(redis.ask("XLEN", f"valis:live:{TOPIC}")[1:])

    assert LOG_LENGTH <= length < 2 * LOG_LENGTH
    assert 0 < int(redis.ask("TTL", f"valis:live:{TOPIC}")[1:]) <= 300


async def test_after_all_connections_were_reset_nothing_is_lost_or_heard_twice(
    process: Start, redis: RedisServer
) -> None:
    speaker, hearer = process(), process()
    subscription = await hearer.subscribe(TOPIC, after="")
    numbers: list[int] = []
    for round_ in range(3):
        publish(speaker, *range(round_ * 100, round_ * 100 + 50))
        redis.reset_connections()
        publish(speaker, *range(round_ * 100 + 50, round_ * 100 + 100))
        numbers += await heard(subscription, count=(round_ + 1) * 100 - len(set(numbers)))

    assert sorted(set(numbers)) == list(range(300)), "nothing is lost; what was under way may come again"


async def test_who_hears_while_its_own_connection_is_reset_misses_nothing(
    process: Start, redis: RedisServer
) -> None:
    speaker, hearer = process(), process()
    subscription = await hearer.subscribe(TOPIC, after="")
    publish(speaker, 1)
    assert await heard(subscription) == [1]

    redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
    publish(speaker, 2, 3)

    assert await heard(subscription, count=2) == [2, 3]


async def test_readers_of_a_redis_that_came_back_empty_are_told_that_they_missed_something(
    process: Start, tmp_path: Path
) -> None:
    with RedisServer(tmp_path) as server:
        backend = process(url=server.url)
        subscription = await backend.subscribe(TOPIC, after="")
        publish(backend, 1)
        assert await heard(subscription) == [1]

        server.stop()
        publish(backend, 2)
        server.start()

        assert await heard_after_a_gap(subscription)
        again = await backend.subscribe(TOPIC, after="")
        publish(backend, 3)
        numbers: list[int] = []
        while 3 not in numbers:
            numbers += await heard(again)


async def test_without_redis_publishing_returns_and_subscribing_gives_a_reader_for_later(
    process: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PATIENCE", 0.1)
    server = RedisServer(tmp_path)
    backend = process(url=server.url)

    publish(backend, 1)
    subscription = await backend.subscribe(TOPIC, after="1700000000000-000000000")

    assert (subscription.is_resumed, subscription.position) == (False, "")
    with server:
        assert await heard_after_a_gap(subscription)
        again = await backend.subscribe(TOPIC, after="")
        publish(backend, 2)
        assert (await heard(again))[-1] == 2


async def test_a_listener_that_hears_nothing_for_longer_than_the_librarys_time_out_still_listens(
    process: Start,
) -> None:
    speaker, hearer = process(), process()
    subscription = await hearer.subscribe(TOPIC, after="")
    connection = hearer._listener._connection

    await asyncio.sleep(6.5)
    publish(speaker, 1)

    assert await heard(subscription) == [1]
    assert hearer._listener._connection is connection


async def test_a_topic_that_nobody_reads_any_more_is_not_listened_to(
    process: Start, redis: RedisServer
) -> None:
    backend = process()
    one, two = await backend.subscribe(TOPIC, after=""), await backend.subscribe(TOPIC, after="")
    one.close()
    one.close()
    assert redis.ask("PUBLISH", f"valis:live:{TOPIC}", "1-1") == ":1"
    two.close()
    for _ in range(100):
        if redis.ask("PUBLISH", f"valis:live:{TOPIC}", "1-1") == ":0":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("somebody still listens")


async def test_when_too_much_waits_deltas_are_dropped_and_the_rest_is_not(
    process: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.live.redis.publisher.MOST_WAITING", 20)
    server = RedisServer(tmp_path)
    backend = process(url=server.url)
    for number in range(30):
        backend.publish(TOPIC, {"type": "turn.delta", "n": number})
    backend.publish(TOPIC, {"type": "turn.done", "n": 99})

    with server:
        await on_engine_loop(backend._publisher.flush())
        entries = await backend.entries_after(TOPIC, "")

    assert entries is not None
    assert json.loads(entries[-1].frame)["n"] == 99
    assert (len(entries), backend._publisher.dropped) == (20, 11)
