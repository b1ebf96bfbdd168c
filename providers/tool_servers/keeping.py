"""The server in use: started when it is needed, replaced when it ended, ended when nobody needs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.logs import get_logger
from providers.errors import ProviderSkipped
from providers.tool_servers.running import ToolServer, ToolServerSetup

logger = get_logger(__name__)

IDLE_SECONDS = 300.0
LONGEST_PAUSE = 60.0


class ToolServerKeeper:
    """Lends one server to all calls. A call that is broken off takes its server with it."""

    def __init__(self, setup: ToolServerSetup) -> None:
        self._setup = setup
        self._server: ToolServer | None = None
        self._alive: set[ToolServer] = set()
        self._failures = 0
        self._not_before = 0.0
        self._last_reason = ""
        self._has_worked = False
        self._idle: asyncio.TimerHandle | None = None

    async def look(self) -> None:
        """Find out whether it can be used. Raises `ProviderError`; does not start again one that worked."""
        if self._server is None and self._has_worked:
            return
        await self._usable().ready()
        self._has_worked = True

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[ToolServer]:
        server = self._usable()
        server.users += 1
        self._stay_awake()
        try:
            await server.ready()
            yield server
        except (asyncio.CancelledError, GeneratorExit):
            # Stopped, or out of time: nobody knows what it still does for that call.
            self._retire(server)
            raise
        else:
            self._has_worked, self._failures = True, 0
        finally:
            server.users -= 1
            self._rest(server)

    async def close(self) -> None:
        self._stay_awake()
        lives = [server.life for server in self._alive]
        for server in self._alive:
            server.end()
        if lives:
            await asyncio.wait(lives)

    def _usable(self) -> ToolServer:
        if self._server is not None and self._server.failure is None:
            return self._server
        self._let_go(self._server)
        wait = self._not_before - asyncio.get_running_loop().time()
        if wait > 0:
            raise ProviderSkipped(f"{self._last_reason}; tried again in {wait:.0f} s")
        self._server = server = ToolServer(self._setup)
        self._alive.add(server)
        server.life.add_done_callback(lambda _: self._has_ended(server))
        self._rest(server)
        return server

    def _has_ended(self, server: ToolServer) -> None:
        self._alive.discard(server)
        if self._server is server:
            self._let_go(server)

    def _let_go(self, server: ToolServer | None) -> None:
        """Of the one in use. Where it failed, the next one comes at once, later ones after pauses."""
        self._server = None
        if server is None or server.failure is None:
            return
        self._has_worked = False
        self._failures += 1
        self._last_reason = str(server.failure)
        pause = min(LONGEST_PAUSE, 2.0 ** (self._failures - 1)) if self._failures > 1 else 0.0
        self._not_before = asyncio.get_running_loop().time() + pause
        logger.warning("a tool server failed", failures=self._failures, reason=self._last_reason)

    def _retire(self, server: ToolServer) -> None:
        server.is_retired = True
        if self._server is server:
            self._server = None

    def _rest(self, server: ToolServer) -> None:
        """After a call: end what is retired, or wait for the next one for a while."""
        if server.users:
            return
        if server.is_retired:
            server.end()
        elif self._server is server:
            self._stay_awake()
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle, server)

    def _stay_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _end_idle(self, server: ToolServer) -> None:
        if not server.users:
            self._retire(server)
            server.end()
