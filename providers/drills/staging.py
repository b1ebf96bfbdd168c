"""Stands in for a provider that fails on purpose. Nothing leaves this process."""

import asyncio
from collections.abc import AsyncGenerator

from providers.base import BaseProvider, ProviderConfig
from providers.calls import CallRequest, StreamEvent, TextDelta
from providers.drills.models import Failure
from providers.errors import ConnectionBroken, ProviderError, RateLimited, StreamUnreadable

_FIRST_WORDS = ("This is ", "a drill: ", "the stream ", "breaks off ", "after ", "some ")
_ERRORS: dict[str, ProviderError] = {
    Failure.RATE_LIMITED: RateLimited("429"),
    Failure.CUT: ConnectionBroken("the stream was cut in the middle of the reply"),
    Failure.GARBAGE: StreamUnreadable("what came is not the protocol"),
    Failure.REFUSED: ConnectionBroken("the connection was refused"),
}


class FailingProvider(BaseProvider):
    """Fails in the way that it is told to."""

    def __init__(self, config: ProviderConfig, failure: str) -> None:
        super().__init__(config)
        self._failure = failure

    async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        if self._failure == Failure.TIME_OUT:
            await asyncio.Event().wait()  # the call's own time limit ends it
        if self._failure == Failure.CUT:
            for words in _FIRST_WORDS:
                yield TextDelta(words)
                await asyncio.sleep(0.02)
        error = _ERRORS[self._failure]
        raise type(error)(str(error))
