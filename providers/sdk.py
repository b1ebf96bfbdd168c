"""What the two official SDKs have in common: they are made by one generator.

The SDK builds the client, signs the request and names the errors; the stream is read as raw bytes.
"""

import asyncio
import math
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Protocol

from django.conf import settings

from core.request_id import current_request_id
from providers.addresses import is_loopback
from providers.base import BaseProvider, ProviderConfig
from providers.broken_connections import why_broken
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta
from providers.egress import AddressRefused, Egress
from providers.errors import (
    ConnectionBroken,
    KeyRefused,
    ProviderError,
    ProviderSkipped,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamUnreadable,
)
from providers.pacing import Pace
from providers.sse import ServerSentEvent, SseParser

_PROBE_SECONDS = 1.0  # for one who does not even refuse: a busy machine takes a while
_END_SECONDS = 0.05
# Bytes as they come: a compressed stream would have to be unpacked token by token.
PLAIN_BYTES = {"Accept-Encoding": "identity"}


def tracing_headers() -> dict[str, str]:
    """The id of the request a call belongs to: a gateway of one's own can join its log with ours."""
    return {"X-Request-ID": current_request_id()}


class RawResponse(Protocol):
    """The part of the SDKs' raw streaming response that is used here."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    def iter_bytes(self) -> AsyncIterator[bytes]: ...


class Reading(Protocol):
    """Reads one reply out of the events of a stream."""

    def take(self, event: ServerSentEvent) -> str:
        """The text in an event, often empty. Raises `ProviderError`."""

    @property
    def finished(self) -> Finished | None:
        """Set once the provider said that the reply is complete."""


class SdkProvider(BaseProvider):
    """A provider on an official SDK: a subclass says how to ask, and how to read."""

    official_address: ClassVar[str]

    def __init__(self, config: ProviderConfig) -> None:
        super().__init__(config)
        self._client: Any = None
        self._has_answered = False

    @classmethod
    def missing(cls, config: ProviderConfig) -> str:
        if config.api_key or config.base_url:
            return "" if config.model else "no model chosen"
        return f"no API key: set {cls.key_variable} or enter one in admin"

    @property
    def address(self) -> str:
        return self.config.base_url or self.official_address

    def open(self) -> None:
        self.egress = Egress(self.address)
        self._client = self.make_client()
        if not self.config.uses_environment:
            self.forget_environment(self._client)

    def forget_environment(self, client: Any) -> None:
        """Take out of the client what its constructor found in the environment beside key and address."""
        client._custom_headers = PLAIN_BYTES  # noqa: SLF001

    @property
    def may_be_absent(self) -> bool:
        """On this machine knocking takes no time; who answered before is asked without."""
        return not self._has_answered and is_loopback(self.address)

    async def is_available(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self.egress.knock()
        except AddressRefused as error:
            raise ProviderSkipped(str(error)) from None
        except (OSError, TimeoutError):
            return False
        return True

    @abstractmethod
    def make_client(self) -> Any:
        """The SDK's asynchronous client. Imports the SDK here, not before it is needed: it takes a second."""

    @abstractmethod
    def ask(self, client: Any, request: CallRequest) -> AbstractAsyncContextManager[RawResponse]: ...

    @abstractmethod
    def reading(self) -> Reading: ...

    async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        if settings.VALIS_LOOPBACK_ONLY and not is_loopback(self.address):
            raise ProviderSkipped("only providers on this machine may be called (VALIS_LOOPBACK_ONLY)")
        try:
            async with self.ask(self._client, request) as response:
                self._has_answered = True
                async for event in _events(response, self.reading()):
                    yield event
        except ProviderError:
            raise
        except Exception as error:  # noqa: BLE001  (translated, and raised again)
            raise self._translated(error) from None

    def _translated(self, error: Exception) -> Exception:
        """The SDK's error as ours; any other error is a mistake in a program, and stays itself."""
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            self._has_answered = True
            response = getattr(error, "response", None)
            said = _said_by_provider(error).replace(self.config.api_key or "\0", "…")[:160]
            return _error_of_status(status, getattr(response, "headers", {}), said)
        if refused := _cause(error, AddressRefused):
            return ProviderSkipped(str(refused))
        family = {each.__module__.partition(".")[0] for each in type(error).__mro__}
        if not family & {"anthropic", "openai", "httpx2", "aiohttp"}:
            return error
        if _cause(error, ConnectionRefusedError):
            self._has_answered = False
            return ProviderSkipped(f"nothing listens at {self.address}")
        return ConnectionBroken(f"the connection failed ({why_broken(error)})")

    async def close(self) -> None:
        await self._client.close()


async def _events(response: RawResponse, reading: Reading) -> AsyncIterator[StreamEvent]:
    """One delta for each chunk that brings text, then `Finished`; raises when it never comes."""
    content_type = response.headers.get("content-type", "")
    if "text/event-stream" not in content_type:
        raise StreamUnreadable(f"expected an event stream, got {content_type[:60] or 'no content type'}")
    if (packing := response.headers.get("content-encoding", "identity")) != "identity":
        raise StreamUnreadable(f"the stream is packed ({packing[:20]}), and plain bytes were asked for")
    parser = SseParser()
    chunks = response.iter_bytes()
    with Pace() as pace:
        async for chunk in chunks:
            text = _text_of(parser.feed(chunk), reading)
            if text:
                yield TextDelta(text)
            if reading.finished is not None:
                yield reading.finished
                await _read_to_the_end(chunks)
                return
            if text:
                await pace.beat()
    raise ConnectionBroken("the stream was cut before it was complete")


async def _read_to_the_end(chunks: AsyncIterator[bytes]) -> None:
    """A response that was read whole leaves its connection to the next call."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            async for _ in chunks:
                pass


def _text_of(events: Iterable[ServerSentEvent], reading: Reading) -> str:
    pieces: list[str] = []
    for event in events:
        pieces.append(reading.take(event))
        if reading.finished is not None:
            break
    return "".join(pieces)


def _said_by_provider(error: Exception) -> str:
    """The provider's own words about a refused request, in one line ("model not found")."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(message.split()) if isinstance(message, str) else ""


def _error_of_status(status: int, headers: Mapping[str, str], said: str) -> ProviderError:
    if status == 429:
        return RateLimited("too many requests (429)", retry_after=retry_after(headers))
    if status in {401, 403}:
        return KeyRefused(f"the API key was refused ({status})")
    if status >= 500:
        return ServerFailed(f"the provider failed ({status})", retry_after=retry_after(headers))
    if status == 408:
        return ConnectionBroken("the provider gave up waiting (408)")
    return RequestRefused(f"the request was refused ({status}){': ' if said else ''}{said}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After`, given as seconds or as a date; None when it says nothing usable."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _cause(error: BaseException | None, wanted: type[OSError]) -> OSError | None:
    """The error of this type at the root: with both that are asked for, nothing was sent."""
    for _ in range(8):
        if error is None or isinstance(error, wanted):
            return error
        error = error.__cause__ or error.__context__
    return None
