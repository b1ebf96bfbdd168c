"""A program's pipes as the streams of messages that the official MCP client reads and writes.

The client's own transport starts the program on the event loop and reads lines of any length.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from core.logs import get_logger
from core.logs.redacting import redacted
from providers.tool_servers import programs
from providers.tool_servers.programs import Program

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

    Incoming = MemoryObjectSendStream[SessionMessage | Exception]
    Outgoing = MemoryObjectReceiveStream[SessionMessage]
    Streams = tuple[
        MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]
    ]

logger = get_logger(__name__)

LONGEST_LINE = 2_000_000
MOST_STRAY_LINES = 100
_MOST_LOGGED = 50
_LOOK_SECONDS = 0.2


class Pipes:
    """`trouble` says what was wrong with what the program wrote; `last_words` is its last line of stderr.

    Its stderr is logged until it `is_asked`: from then on it may hold what people said.
    """

    def __init__(self, program: Program, secrets: list[str]) -> None:
        self._program = program
        self._secrets = secrets
        self.trouble = ""
        self.last_words = ""
        self.is_asked = False
        self.closed = asyncio.Event()
        self._transports: list[asyncio.BaseTransport] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Streams"]:
        import anyio  # noqa: PLC0415
        from mcp.shared.message import SessionMessage  # noqa: PLC0415

        to_session, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, from_session = anyio.create_memory_object_stream[SessionMessage](0)
        reader, writer, errors = await self._connected()
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._read(reader, to_session),
                self._write(from_session, writer),
                self._hear(errors),
                self._watch(to_session),
            )
        ]
        try:
            yield incoming, outgoing
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for stream in (to_session, incoming, outgoing, from_session):
                stream.close()
            for transport in self._transports:
                transport.close()
            await asyncio.sleep(0)  # they close their pipes in the loop's next round

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.StreamReader]:
        loop = asyncio.get_running_loop()
        readers = []
        for pipe in (self._program.stdout, self._program.stderr):
            reader = asyncio.StreamReader(limit=LONGEST_LINE)
            protocol = asyncio.StreamReaderProtocol(reader)
            listening, _ = await loop.connect_read_pipe(lambda protocol=protocol: protocol, pipe)  # type: ignore[misc]
            self._transports.append(listening)
            readers.append(reader)
        transport, flow = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop), self._program.stdin
        )
        self._transports.append(transport)
        return readers[0], asyncio.StreamWriter(transport, flow, None, loop), readers[1]

    async def _read(self, reader: asyncio.StreamReader, to_session: "Incoming") -> None:
        """Lines that are no messages are passed over, up to a number."""
        from mcp.shared.message import SessionMessage  # noqa: PLC0415
        from mcp_types import jsonrpc_message_adapter  # noqa: PLC0415

        strays = 0
        try:
            while line := await reader.readline():
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    strays += 1
                    if strays > MOST_STRAY_LINES:
                        self.trouble = "it writes what is no MCP"
                        return
                    continue
                await to_session.send(SessionMessage(message))
        except ValueError:
            self.trouble = f"it wrote a line longer than {LONGEST_LINE:,} bytes"
        finally:
            to_session.close()
            self.closed.set()

    async def _watch(self, to_session: "Incoming") -> None:
        """A child of the program's may hold the pipes open when it has ended."""
        while not programs.has_ended(self._program):  # noqa: ASYNC110  (the system tells no event)
            await asyncio.sleep(_LOOK_SECONDS)
        to_session.close()
        self.closed.set()

    async def _write(self, from_session: "Outgoing", writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async for message in from_session:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                writer.write(text.encode() + b"\n")
                await writer.drain()
        self.closed.set()

    async def _hear(self, errors: asyncio.StreamReader) -> None:
        logged = 0
        while True:
            try:
                line = await errors.readline()
            except ValueError:  # a line too long is dropped
                continue
            if not line:
                return
            if not self.is_asked:
                self.last_words = self._cleaned(line)
                if self.last_words and logged < _MOST_LOGGED:
                    logged += 1
                    logger.info("a tool server wrote to its standard error", line=self.last_words)

    def _cleaned(self, line: bytes) -> str:
        text = redacted(" ".join(line.decode(errors="replace").split()))
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text[:160]
