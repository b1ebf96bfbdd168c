"""A reply as server-sent events, chunk by chunk."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from chat.completions.calls import Call, complete_form
from chat.completions.following import Ended, News, Replaced, Words
from chat.completions.forms import CompletionForm, error_form, finish_reason
from core.errors import Unavailable, ValisError

HEARTBEAT_SECONDS = 10.0
_HEARTBEAT = b": still here\n\n"
_DONE = b"data: [DONE]\n\n"


class ChunkStream:
    """What a streaming response sends. Django closes it when the caller has gone, however that happened."""

    def __init__(self, call: Call, form: CompletionForm, opening: list[News], *, has_usage: bool) -> None:
        self._call = call
        self._form = form
        self._opening = opening
        self._has_usage = has_usage
        self._loop = asyncio.get_running_loop()
        self._said_at = self._loop.time()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    def close(self) -> None:
        """Called in a thread."""
        self._loop.call_soon_threadsafe(self._call.leave)

    async def _chunks(self) -> AsyncGenerator[bytes]:
        try:
            yield self._event(self._form.chunk({"role": "assistant", "content": ""}, None))
            for each in self._opening:
                for part in self._told(each):
                    yield part
            async for each in self._call.news():
                for part in self._told(each):
                    yield part
        except ValisError as error:
            yield self._event(error_form(error.status, error.code, error.message))

    def _told(self, news: News) -> list[bytes]:
        """Raises the error that ends the stream: what was sent cannot be taken back."""
        if isinstance(news, Words):
            return [self._event(self._form.chunk({"content": news.text}, news.provider))]
        if isinstance(news, Replaced):
            raise Unavailable("The provider broke off in mid-reply. Ask again.", code="reply_broken_off")
        if isinstance(news, Ended):
            return self._ending(complete_form(news))
        if self._loop.time() - self._said_at < HEARTBEAT_SECONDS:
            return []
        self._said_at = self._loop.time()
        return [_HEARTBEAT]

    def _ending(self, ended: dict[str, Any]) -> list[bytes]:
        last = self._form.chunk({}, ended["provider"], finish=finish_reason(ended))
        usage = [self._event(self._form.usage_chunk(ended))] if self._has_usage else []
        return [self._event(last), *usage, _DONE]

    def _event(self, data: dict[str, Any]) -> bytes:
        self._said_at = self._loop.time()
        return b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
