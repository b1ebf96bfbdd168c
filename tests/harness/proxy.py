"""A way between two parts of VALIS that can be made bad: plain TCP, in a thread of its own."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)
_PIECE = 65536


class Proxy:
    """Hands bytes to and fro between who connects here and a port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        """Seconds that each piece takes."""
        self.rate = 0.0
        """Bytes a second, each way; 0 for as fast as it goes."""
        self._sockets: set[asyncio.StreamWriter] = set()
        self._listener: socket.socket | None = None

    def start(self) -> Self:
        is_ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(is_ready)), name="proxy", daemon=True
        )
        self._thread.start()
        is_ready.wait()
        return self

    def stop(self) -> None:
        self._on_loop(self._ended.set)
        self._thread.join(5)

    def refuse(self) -> None:
        """End what is connected, and let nobody connect."""
        self._on_loop(self._close_door)
        self.reset()

    def blackhole(self) -> None:
        """Let everybody connect and hand on nothing: what is said waits, and nobody is told."""
        self._on_loop(self._flows.clear)

    def reset(self) -> None:
        """End every connection in the middle of whatever it says."""
        self._on_loop(self._abort_all)

    def heal(self) -> None:
        self.delay = self.rate = 0.0
        self._on_loop(self._flows.set)
        self._on_loop(self._open_door)

    def _on_loop(self, act: Callable[[], object]) -> None:
        """Do it there, and return when it is done."""
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(5)

    async def _live(self, is_ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._flows, self._ended = asyncio.Event(), asyncio.Event()
        self._flows.set()
        self._open_door()
        is_ready.set()
        await self._ended.wait()
        self._close_door()
        self._abort_all()

    def _open_door(self) -> None:
        if self._listener is None:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            listener.listen(1024)
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            self._listener = listener
            self._acceptor = self._loop.create_task(self._accept(listener))

    def _close_door(self) -> None:
        if self._listener is not None:
            self._acceptor.cancel()
            self._listener.close()
            self._listener = None

    async def _accept(self, listener: socket.socket) -> None:
        served: set[asyncio.Task[None]] = set()
        while True:
            connection, _ = await self._loop.sock_accept(listener)
            task = self._loop.create_task(self._serve(connection))
            served.add(task)
            task.add_done_callback(served.discard)

    async def _serve(self, connection: socket.socket) -> None:
        near = await asyncio.open_connection(sock=connection)
        self._sockets.add(near[1])
        try:
            far = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._abort(near[1])
            return
        self._sockets.add(far[1])
        with contextlib.suppress(OSError):
            await asyncio.gather(self._hand_on(near[0], far[1]), self._hand_on(far[0], near[1]))
        for _, writer in (near, far):
            self._sockets.discard(writer)
            writer.close()

    async def _hand_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(_PIECE):
                if pause := self.delay + (len(piece) / self.rate if self.rate else 0):
                    await asyncio.sleep(pause)
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
        finally:
            sink.close()

    def _abort_all(self) -> None:
        for writer in list(self._sockets):
            self._abort(writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        """With a reset in place of a farewell."""
        self._sockets.discard(writer)
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        writer.transport.abort()
