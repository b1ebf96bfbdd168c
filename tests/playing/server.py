"""The server: on a loop of somebody else's, in a thread of its own, or (`__main__`) a process."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self

from tests.playing.connection import Connection
from tests.playing.ledger import Ledger
from tests.playing.pacing import Wheel
from tests.playing.stage import Stage

HOST = "127.0.0.1"
BACKLOG = 1024


def bound(port: int) -> socket.socket:
    """A listening socket on the loopback address; port 0 takes a free one."""
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def serving(listener: socket.socket, *, ledger: Ledger, models: dict[str, str]) -> AsyncIterator[None]:
    """Serve while the block runs. Calls still open at its end are `server_stopped`."""
    loop = asyncio.get_running_loop()
    stage = Stage(Wheel(loop), ledger, models)
    server = await loop.create_server(lambda: Connection(stage), sock=listener, backlog=BACKLOG)
    try:
        yield
    finally:
        server.close()
        for connection in list(stage.connections):
            connection.stop()
        await server.wait_closed()


class PlayingServer:
    """The server in a thread. Stopped and started again it keeps its port and its ledger."""

    def __init__(self, *, port: int = 0, models: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.calls = Ledger()
        self._models = dict(models or {})
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL of the Anthropic form."""
        return f"http://{HOST}:{self.port}"

    @property
    def openai_url(self) -> str:
        """The base URL of the OpenAI form."""
        return f"{self.url}/v1"

    def cast(self, model: str, script: str) -> None:
        """From the next call on `model` plays `script`: how a provider breaks and recovers."""
        self._models[model] = script

    def start(self) -> Self:
        listener = bound(self.port)
        self.port = listener.getsockname()[1]
        is_ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, is_ready)), name="playing", daemon=True
        )
        self._thread.start()
        is_ready.wait()
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._should_stop.set)
            self._thread.join(5)
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, listener: socket.socket, is_ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._should_stop = asyncio.Event()
        async with serving(listener, ledger=self.calls, models=self._models):
            is_ready.set()
            await self._should_stop.wait()
