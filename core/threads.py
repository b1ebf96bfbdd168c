"""Database work for coroutines: a bounded pool of threads that keep their connections."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

Params = ParamSpec("Params")
Result = TypeVar("Result")

# Not asgiref's thread-sensitive thread: all sockets of a process would share that one,
# and a single locked write would freeze everybody.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database")


def give_back_connections() -> None:
    """Before a thread waits: a connection of a pool serves others meanwhile. One's own stays open."""
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["CONN_MAX_AGE"] == 0 and not connection.in_atomic_block:
            connection.close()


async def in_database_thread(
    function: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
) -> Result:
    """Run a function that may use the ORM, with the caller's context, off the event loop."""
    context = contextvars.copy_context()

    def work() -> Result:
        close_old_connections()
        try:
            return context.run(function, *args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_pool, work)
