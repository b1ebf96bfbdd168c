"""Claude models, on Anthropic's official SDK."""

import re
from contextlib import AbstractAsyncContextManager
from typing import Any

from providers.base import register_provider
from providers.calls import CallRequest, Finished, Usage
from providers.errors import ProviderError, RateLimited, RequestRefused, ServerFailed
from providers.readings import count_in, mapping_in
from providers.sdk import PLAIN_BYTES, RawResponse, Reading, SdkProvider, tracing_headers
from providers.sse import ServerSentEvent, json_object

# Later models refuse sampling parameters with a 400.
_TAKES_TEMPERATURE = re.compile(r"claude-(3|(opus|sonnet|haiku)-4(-[0-6])?(-\d{8})?$)")
_ERRORS: dict[str, type[ProviderError]] = {
    "rate_limit_error": RateLimited,
    "overloaded_error": ServerFailed,
    "api_error": ServerFailed,
}


@register_provider("anthropic")
class AnthropicProvider(SdkProvider):
    label = "Anthropic"
    key_variable = "ANTHROPIC_API_KEY"
    address_variable = "ANTHROPIC_BASE_URL"
    official_address = "https://api.anthropic.com"
    default_model = "claude-sonnet-5-5"

    def make_client(self) -> Any:
        from anthropic import AsyncAnthropic  # noqa: PLC0415

        from providers.transport import http_client  # noqa: PLC0415

        client = AsyncAnthropic(
            api_key=self.config.api_key or "none",
            base_url=self.address,
            max_retries=0,
            timeout=None,
            http_client=http_client(self.address, connect_timeout=self.config.connect_timeout),
            default_headers=PLAIN_BYTES,
            # Its spans may hold the dialogue, and it imports them at the first call.
            open_telemetry=False,
        )
        # Its first use imports it, which is better done here than on the loop.
        _ = client.messages.with_streaming_response
        return client

    def ask(self, client: Any, request: CallRequest) -> AbstractAsyncContextManager[RawResponse]:
        extra: dict[str, Any] = {}
        if request.temperature is not None and _TAKES_TEMPERATURE.match(request.model):
            extra["temperature"] = request.temperature
        response: AbstractAsyncContextManager[RawResponse] = client.messages.with_streaming_response.create(
            model=request.model,
            system=request.system,
            messages=[{"role": each.role, "content": each.text} for each in request.messages],
            max_tokens=request.max_tokens,
            stream=True,
            extra_body=extra,
            extra_headers=tracing_headers(),
        )
        return response

    def reading(self) -> Reading:
        return _MessageReading()


class _MessageReading:
    """Reads the Messages API's stream: `message_stop` is its terminal event."""

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self._usage: dict[str, Any] = {}
        self._is_cut = False

    def take(self, event: ServerSentEvent) -> str:
        data = json_object(event.data)
        kind = data.get("type")
        if kind == "content_block_delta":
            text = mapping_in(data, "delta").get("text", "")
            return text if isinstance(text, str) else ""
        if kind == "message_start":
            self._usage |= mapping_in(mapping_in(data, "message"), "usage")
        elif kind == "message_delta":
            self._usage |= mapping_in(data, "usage")
            self._is_cut |= mapping_in(data, "delta").get("stop_reason") == "max_tokens"
        elif kind == "message_stop":
            self.finished = Finished(self._final_usage(), self._is_cut)
        elif kind == "error":
            name = str(mapping_in(data, "error").get("type", "error"))
            raise _ERRORS.get(name, RequestRefused)(f"the provider broke off ({name[:60]})")
        return ""

    def _final_usage(self) -> Usage:
        cached = count_in(self._usage, "cache_read_input_tokens")
        written = count_in(self._usage, "cache_creation_input_tokens")
        return Usage(
            # Anthropic counts what came from its cache apart; ours includes it, as OpenAI's does.
            tokens_in=count_in(self._usage, "input_tokens") + cached + written,
            tokens_out=count_in(self._usage, "output_tokens"),
            tokens_cached=cached,
        )
