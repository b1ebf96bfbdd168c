"""Threads for synchronous views, which are lent and come back.

The asynchronous handler gives each request a thread of its own, made for it, and so a new connection to
SQLite each time. Lent threads keep theirs.
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Self

from asgiref.sync import SyncToAsync, ThreadSensitiveContext

MOST_KEPT = 16

_free: list[Executor] = []


class LentThread(ThreadSensitiveContext):
    """All synchronous code of one request runs in one thread, and nobody else's meanwhile."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()  # type: ignore[no-untyped-call]
        lent = _free.pop() if _free else ThreadPoolExecutor(max_workers=1, thread_name_prefix="request")
        SyncToAsync.context_to_thread_executor[self] = lent
        return self

    async def __aexit__(self, *exit_: object) -> None:
        if len(_free) < MOST_KEPT:
            _free.append(SyncToAsync.context_to_thread_executor.pop(self))
        await super().__aexit__(*exit_)  # type: ignore[no-untyped-call]
