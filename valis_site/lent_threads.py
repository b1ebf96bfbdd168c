"""Threads for synchronous views, which are lent and come back.

The asynchronous handler gives each request a thread of its own, made for it, and so a new connection to
SQLite each time. Lent threads keep theirs.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import close_old_connections

MOST_KEPT = 16

_free: list["_Thread"] = []


class _Thread(ThreadPoolExecutor):
    is_used = False

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="request")

    def submit(self, *work: Any, **named: Any) -> "Future[Any]":
        self.is_used = True
        return super().submit(*work, **named)

    def give_back_connections(self) -> None:
        """Whoever has the thread next comes after that."""
        if self.is_used:
            self.submit(close_old_connections)
            self.is_used = False


class LentThread(ThreadSensitiveContext):
    """All synchronous code of one request runs in one thread, and nobody else's meanwhile."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()  # type: ignore[no-untyped-call]
        lent = _free.pop() if _free else _Thread()
        SyncToAsync.context_to_thread_executor[self] = lent
        return self

    async def __aexit__(self, *exit_: object) -> None:
        lent = SyncToAsync.context_to_thread_executor[self]
        assert isinstance(lent, _Thread)
        lent.give_back_connections()
        if len(_free) < MOST_KEPT:
            _free.append(lent)
            del SyncToAsync.context_to_thread_executor[self]
        await super().__aexit__(*exit_)  # type: ignore[no-untyped-call]
