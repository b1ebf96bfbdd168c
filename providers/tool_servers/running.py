"""One MCP server from its start to its end, and the one tool of it that is used."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.errors import ConnectionBroken, ProviderError, ProviderSkipped, RequestRefused, ServerFailed
from providers.errors import StreamUnreadable as Unreadable
from providers.tool_servers import programs
from providers.tool_servers.pipes import Pipes
from providers.tool_servers.tools import argument_of, rest_of, text_of, tool_named

if TYPE_CHECKING:
    from mcp import ClientSession, MCPError
    from mcp.types import Tool

START_SECONDS = 60.0
_GOODBYE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ToolServerSetup:
    """What is started, what it gets to know of the environment, and which tool answers."""

    command: tuple[str, ...]
    tool: str
    variables: tuple[str, ...] = ()


class ToolServer:
    """Lives in a task of its own, for all calls that use it. `failure` says why it ended by itself."""

    def __init__(self, setup: ToolServerSetup) -> None:
        self._setup = setup
        self._pipes: Pipes | None = None
        self._argument = ""
        self._wish_to_end = asyncio.Event()
        self._session: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
        self.users = 0
        self.is_retired = False
        self.failure: ProviderError | None = None
        self.life = asyncio.create_task(self._live())

    async def ready(self) -> "ClientSession":
        """Wait until it offers the tool. Raises `ProviderError` when it does not come to that."""
        return await asyncio.shield(self._session)

    def end(self) -> None:
        self._wish_to_end.set()

    async def ask(self, prompt: str) -> AsyncGenerator[str, None]:
        """The pieces of the reply as the tool tells them, then what its result has beyond them."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        async def piece_came(progress: float, total: float | None, message: str | None) -> None:
            if message:
                pieces.put_nowait(message)

        call = asyncio.create_task(self._call(prompt, piece_came))
        call.add_done_callback(lambda _: pieces.put_nowait(None))
        said = ""
        try:
            while (piece := await pieces.get()) is not None:
                said += piece
                yield piece
            if rest := rest_of(call.result(), said):
                yield rest
        finally:
            if call.cancel():
                # The server is told, if it listens.
                await asyncio.wait([call], timeout=_GOODBYE_SECONDS)

    async def _call(self, prompt: str, piece_came: Any) -> str:
        from mcp import MCPError  # noqa: PLC0415

        session = await self.ready()
        assert self._pipes is not None
        self._pipes.is_asked = True
        try:
            result = await session.call_tool(
                self._setup.tool, {self._argument: prompt}, progress_callback=piece_came
            )
        except MCPError as error:
            raise self._translated(error) from None
        except (ValueError, RuntimeError):
            raise Unreadable("the tool's result is not what MCP says it is") from None
        if result.is_error:
            raise ServerFailed("the tool reported an error")
        return text_of(result)

    async def _live(self) -> None:
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001  (whatever it is, those who wait are told)
            self.failure = ServerFailed(f"the server cannot be used ({type(error).__name__})")
        if not self._session.done():
            self._session.set_exception(self.failure or ProviderSkipped("the server was ended"))
            self._session.exception()  # nobody may be waiting for it

    async def _run(self) -> None:
        environment = programs.environment_of(self._setup.variables)
        try:
            program = await asyncio.to_thread(programs.start, self._setup.command, environment)
        except OSError as error:
            self.failure = ProviderSkipped(f"the server cannot be started: {error.strerror or error}")
            return
        self._pipes = Pipes(program, [environment.get(name, "") or "\0" for name in self._setup.variables])
        try:
            # Known before it is ended, so that no further call is given to it.
            self.failure = await self._talk(self._pipes)
        finally:
            await asyncio.to_thread(programs.end, program)

    async def _talk(self, pipes: Pipes) -> ProviderError | None:
        from mcp import ClientSession, MCPError  # noqa: PLC0415

        async with pipes.opened() as streams, ClientSession(*streams) as session:
            # An error that left this block would come out of it as a group of errors.
            greeting = asyncio.create_task(self._greet(session))
            if not await self._unless_ended(greeting):
                return None
            try:
                self._argument = argument_of(greeting.result(), self._setup.tool)
            except TimeoutError:
                return ServerFailed(f"the server was not ready after {START_SECONDS:g} s")
            except MCPError as error:
                await asyncio.sleep(_GOODBYE_SECONDS)  # what it said last is on its way
                return self._translated(error)
            except ProviderSkipped as error:
                return error
            except (ValueError, RuntimeError):
                return Unreadable("the server does not speak MCP as it should")
            self._session.set_result(session)
            closed = asyncio.create_task(pipes.closed.wait())
            return self._broken() if await self._unless_ended(closed) else None

    async def _unless_ended(self, what: "asyncio.Task[Any]") -> bool:
        """Wait for something; False when the wish to end comes first."""
        wish = asyncio.create_task(self._wish_to_end.wait())
        await asyncio.wait([what, wish], return_when=asyncio.FIRST_COMPLETED)
        wish.cancel()
        if self._wish_to_end.is_set():
            what.cancel()
        return not self._wish_to_end.is_set()

    async def _greet(self, session: "ClientSession") -> "Tool | None":
        async with asyncio.timeout(START_SECONDS):
            await session.initialize()
            return await tool_named(self._setup.tool, session)

    def _translated(self, error: "MCPError") -> ProviderError:
        from mcp.types import CONNECTION_CLOSED, INVALID_PARAMS, METHOD_NOT_FOUND  # noqa: PLC0415

        code = error.code
        if code == CONNECTION_CLOSED:
            self.failure = self._broken()
            return self.failure
        refused = code in {INVALID_PARAMS, METHOD_NOT_FOUND}
        return (RequestRefused if refused else ServerFailed)(f"the server answered with error {code}")

    def _broken(self) -> ProviderError:
        if self._pipes is not None and self._pipes.trouble:
            return Unreadable(f"the server cannot be understood: {self._pipes.trouble}")
        words = "" if self._pipes is None or self._pipes.is_asked else self._pipes.last_words
        return ConnectionBroken(f"the server ended{': ' if words else ' in the middle'}{words}")
