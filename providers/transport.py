"""The HTTP client under the official SDKs: aiohttp, behind the interface that they ask for.

A third of the CPU time of the SDKs' other client, and what comes in between two reads is read as one.
Importing this takes long: it is done where a client is made.
"""

import math
from asyncio import Future
from collections.abc import AsyncIterator

import aiohttp
import httpx2
import yarl
from django.conf import settings

from providers.egress import Egress
from providers.tls import shared_tls

_MOST_OF_A_REFUSAL = 65_536
"""Bytes that are read of an answer that is no reply."""


def http_client(base_url: str, *, connect_timeout: float) -> httpx2.AsyncClient:
    """A client for one server, within what `providers.egress` lets through.

    It follows no redirect, keeps no cookie and takes nothing from the environment.
    """
    transport = AiohttpTransport(Egress(base_url), connect_timeout)
    return httpx2.AsyncClient(base_url=base_url, transport=transport, follow_redirects=False, trust_env=False)


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Sends requests by an aiohttp session, which is opened on the loop of the first one."""

    def __init__(self, egress: Egress, connect_timeout: float) -> None:
        # The operator's proxy looks up names itself, and decides what it leads to.
        self._proxy = None if egress.is_listed else settings.VALIS_PROVIDER_PROXY or None
        self._socket_factory = None if self._proxy else egress.open_socket
        # Everything else is timed where calls are made (`providers.calling`).
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout)
        self._tls = shared_tls()
        self._session: aiohttp.ClientSession | None = None

    def _open_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            # How many calls run at once is not decided by a pool of connections.
            connector=aiohttp.TCPConnector(ssl=self._tls, limit=0, socket_factory=self._socket_factory),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._session is None:
            self._session = self._open_session()
        try:
            answer = await self._session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=request.headers,
                data=await request.aread(),
                allow_redirects=False,
                proxy=self._proxy,
            )
        except aiohttp.ConnectionTimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise httpx2.ConnectError(str(error)) from error
        except aiohttp.ClientError as error:
            raise httpx2.ReadError(str(error)) from error
        if answer.status < 300:
            return httpx2.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))
        # The SDKs read a refusal whole, and would unpack it without end.
        plain = [each for each in answer.raw_headers if each[0].lower() != b"content-encoding"]
        return httpx2.Response(answer.status, headers=plain, stream=_Body(answer, most=_MOST_OF_A_REFUSAL))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Body(httpx2.AsyncByteStream):
    """The bytes of an answer, as many at a time as have come, and not much more than `most`."""

    def __init__(self, answer: aiohttp.ClientResponse, *, most: float = math.inf) -> None:
        self._answer = answer
        self._left = most
        connection = answer.connection
        protocol = connection.protocol if connection else None
        # A protocol with nothing in its queue counts as false.
        self._closed = None if protocol is None else protocol.closed
        if self._closed is not None:
            self._closed.add_done_callback(self._tell_of_the_end)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._answer.content
        while self._left > 0:
            try:
                chunk = await content.readany()
            except (aiohttp.ClientError, RuntimeError) as error:  # RuntimeError: it was closed before
                # The break is told of before the bytes that had come until then.
                if arrived := content._read_nowait(-1):  # noqa: SLF001
                    yield arrived
                raise httpx2.ReadError(str(error)) from error
            if not chunk:
                return
            self._left -= len(chunk)
            yield chunk

    async def aclose(self) -> None:
        if self._closed is not None:  # the connection may serve others yet
            self._closed.remove_done_callback(self._tell_of_the_end)
            self._closed.remove_done_callback(_hear)
            self._closed.add_done_callback(_hear)
        self._answer.release()
        await self._answer.wait_for_close()

    def _tell_of_the_end(self, closed: Future[None]) -> None:
        """aiohttp closes a connection because of what came over it, and tells nobody who waits for more."""
        reason = None if closed.cancelled() else closed.exception()
        content = self._answer.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError(str(reason or "what came could not be read")))


def _hear(closed: Future[None]) -> None:
    """Why an idle connection was closed is nobody's concern; unheard, asyncio would write it to the log."""
    if not closed.cancelled():
        closed.exception()
