"""Server-sent events from raw bytes: whatever the chunks, the same events.

Parsed here from the SDK's raw response: the SDKs' own stream objects cost three times the CPU.
"""

import json
from typing import Any, NamedTuple

from pydantic_core import from_json

from providers.errors import StreamUnreadable

MAX_EVENT_BYTES = 1_000_000
_TOO_LONG = f"an event of the stream is longer than {MAX_EVENT_BYTES:,} bytes"


class ServerSentEvent(NamedTuple):
    event: str
    data: str


class SseParser:
    """Feed it chunks; it gives the events that are complete. Raises `StreamUnreadable`."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_at_the_start = True
        self._is_after_return = False
        self._event = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        *lines, self._rest = (self._rest + self._with_plain_line_ends(chunk)).split(b"\n")
        if len(self._rest) > MAX_EVENT_BYTES:
            raise StreamUnreadable(_TOO_LONG)
        events: list[ServerSentEvent] = []
        for raw in lines:
            self._take(raw, events)
        return events

    def _with_plain_line_ends(self, chunk: bytes) -> bytes:
        """A line may end in LF, CR or CR LF, and a chunk between the two."""
        if not chunk:
            return chunk
        if self._is_after_return:
            chunk = chunk.removeprefix(b"\n")
        self._is_after_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in chunk else chunk

    def _take(self, raw: bytes, events: list[ServerSentEvent]) -> None:
        self._size += len(raw)
        if self._size > MAX_EVENT_BYTES:
            raise StreamUnreadable(_TOO_LONG)
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            raise StreamUnreadable("the stream is not UTF-8") from None
        if self._is_at_the_start:
            self._is_at_the_start = False
            line = line.removeprefix("\ufeff")
        if not line:
            if self._data:
                events.append(ServerSentEvent(self._event, "\n".join(self._data)))
            self._event, self._data, self._size = "", [], 0
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value


def json_object(data: str) -> dict[str, Any]:
    """The JSON object in an event; raises `StreamUnreadable` for anything else."""
    try:
        value = from_json(data)
    except ValueError:
        value = _parsed_leniently(data)
    if not isinstance(value, dict):
        raise StreamUnreadable("an event of the stream is not a JSON object")
    return value


def _parsed_leniently(data: str) -> Any:
    """The slower parser also takes half a surrogate pair, as some servers cut one in two."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise StreamUnreadable("an event of the stream is not JSON") from None
