"""The one event loop of a process that owns its network: provider calls and live events.

Threads own the database, this loop owns the network; a coroutine is handed over with `run_on_loop`.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")

_guard = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def use_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Make a loop that somebody else runs (the embedded web server's) the engine's loop."""
    global _loop  # noqa: PLW0603
    _loop = loop


def engine_loop() -> asyncio.AbstractEventLoop:
    """The loop in use; a process without one gets its own, in a thread of its own."""
    global _loop  # noqa: PLW0603
    with _guard:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="engine-loop", daemon=True).start()
        return _loop


async def on_engine_loop(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Await a coroutine of the engine's from whatever loop one is on."""
    if asyncio.get_running_loop() is engine_loop():
        return await coroutine
    return await asyncio.wrap_future(run_on_loop(coroutine))


def run_on_loop(coroutine: Coroutine[Any, Any, Result]) -> "Future[Result]":
    """Start a coroutine on the engine loop; cancelling the future cancels it there."""
    return asyncio.run_coroutine_threadsafe(coroutine, engine_loop())
