"""What is kept of a topic in Redis, and how its entries look on the way."""

from typing import Any

from redis.asyncio import Redis

from core.live.base import Entry
from core.live.log import LOG_LENGTH

IDLE_SECONDS = 300
_FIELD = b"e"

# Log and news in one step: whoever hears an entry finds it in the log, and both have one order.
PUBLISH = """
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', KEYS[1], id .. ' ' .. ARGV[3])
return id
"""
LIMITS = (LOG_LENGTH, IDLE_SECONDS)


def key_of(topic: str) -> str:
    return f"valis:live:{topic}"


def id_of(stream_id: bytes) -> str:
    """Redis' `<milliseconds>-<number>`, padded so that ids sort as text."""
    milliseconds, _, number = stream_id.decode().partition("-")
    return f"{milliseconds:0>13}-{number:0>9}"


def stream_id_of(entry_id: str) -> str | None:
    """The id as Redis knows it; None for what was never one of ours."""
    milliseconds, _, number = entry_id.partition("-")
    if len(entry_id) != 23 or not (milliseconds + number).isascii():
        return None
    if not (milliseconds.isdecimal() and number.isdecimal()):
        return None
    return f"{int(milliseconds)}-{int(number)}"


def entry_of(stream_id: bytes, body: bytes) -> Entry:
    entry_id = id_of(stream_id)
    return Entry(entry_id, f'{{"id":"{entry_id}",{body.decode()[1:]}')


async def newest_in(redis: Redis, topic: str) -> str:
    """Id of the last entry, or ''."""
    newest: Any = await redis.xrevrange(key_of(topic), count=1)
    return id_of(newest[0][0]) if newest else ""


async def entries_after(redis: Redis, topic: str, entry_id: str) -> list[Entry] | None:
    """What follows an entry, everything when it is ''; None when the log no longer has that entry."""
    start = stream_id_of(entry_id) if entry_id else "-"
    if start is None:
        return None
    rows: Any = await redis.xrange(key_of(topic), min=start)
    found = [entry_of(key, fields[_FIELD]) for key, fields in rows]
    if not entry_id:
        return found
    return found[1:] if found and found[0].id == entry_id else None
