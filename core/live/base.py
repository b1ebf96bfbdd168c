"""What a back end of the publisher offers."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

Event = Mapping[str, Any]


class Entry(NamedTuple):
    """One published event: its id and the JSON text of `{"id": …, **event}`, encoded once for all readers."""

    id: str
    frame: str


class Missed(Exception):
    """The reader fell behind the bounded log; what it missed is only in the database."""


class Subscription(Protocol):
    @property
    def is_resumed(self) -> bool:
        """Whether reading goes on right after the entry that was asked for."""

    @property
    def position(self) -> str:
        """Id of the last entry before the next one to be read."""

    async def rewind(self, entry_id: str) -> bool:
        """Go on right after an earlier entry; False when the log no longer has it."""

    async def next_entries(self) -> list[Entry]:
        """All entries not read yet, at least one; waits for it. Raises `Missed`."""

    def close(self) -> None: ...


class Backend(Protocol):
    def publish(self, topic: str, event: Event) -> None: ...

    async def subscribe(self, topic: str, *, after: str) -> Subscription: ...

    def last_id(self, topic: str) -> str: ...

    def newest_id(self, topic: str) -> str: ...

    def close(self, *, seconds: float) -> None: ...
