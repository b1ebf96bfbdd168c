"""OpenAI models and every server that speaks the same protocol, on OpenAI's official SDK."""

import re
from contextlib import AbstractAsyncContextManager
from typing import Any

from providers.base import register_provider
from providers.calls import CallRequest, Finished, Usage
from providers.errors import ServerFailed
from providers.readings import count_in, mapping_in
from providers.sdk import PLAIN_BYTES, RawResponse, Reading, SdkProvider, tracing_headers
from providers.sse import ServerSentEvent, json_object

# Reasoning models of the official API refuse a temperature.
_REFUSES_TEMPERATURE = re.compile(r"(o\d|gpt-[5-9])")


@register_provider("openai")
class OpenAIProvider(SdkProvider):
    label = "OpenAI"
    key_variable = "OPENAI_API_KEY"
    address_variable = "OPENAI_BASE_URL"
    official_address = "https://api.openai.com/v1"
    default_model = "gpt-5.4-mini"

    def make_client(self) -> Any:
        from openai import AsyncOpenAI  # noqa: PLC0415

        from providers.transport import http_client  # noqa: PLC0415

        client = AsyncOpenAI(
            api_key=self.config.api_key or "none",
            base_url=self.address,
            max_retries=0,
            timeout=None,
            http_client=http_client(self.address, connect_timeout=self.config.connect_timeout),
            default_headers=PLAIN_BYTES,
        )
        # Its first use imports it, which is better done here than on the loop.
        _ = client.chat.completions.with_streaming_response
        return client

    def forget_environment(self, client: Any) -> None:
        super().forget_environment(client)
        client.organization = client.project = None

    def ask(self, client: Any, request: CallRequest) -> AbstractAsyncContextManager[RawResponse]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        said = [{"role": each.role, "content": each.text} for each in request.messages]
        response: AbstractAsyncContextManager[RawResponse] = (
            client.chat.completions.with_streaming_response.create(
                model=request.model,
                messages=(),
                # The SDK walks through `messages` by their types, a quarter of a millisecond for each.
                extra_body={"messages": [*system, *said]},
                stream=True,
                stream_options={"include_usage": True},
                extra_headers=tracing_headers(),
                **self._limits_and_temperature(request),
            )
        )
        return response

    def _limits_and_temperature(self, request: CallRequest) -> dict[str, Any]:
        """The official API and the compatible servers differ in the names they take."""
        is_official = self.address.startswith(self.official_address)
        arguments: dict[str, Any] = {
            "max_completion_tokens" if is_official else "max_tokens": request.max_tokens
        }
        takes_temperature = not (is_official and _REFUSES_TEMPERATURE.match(request.model))
        if request.temperature is not None and takes_temperature:
            arguments["temperature"] = request.temperature
        return arguments

    def reading(self) -> Reading:
        return _CompletionReading()


class _CompletionReading:
    """Reads the stream of Chat Completions: `[DONE]` is its terminal event."""

    def __init__(self) -> None:
        self.finished: Finished | None = None
        self._usage: dict[str, Any] = {}
        self._is_cut = False

    def take(self, event: ServerSentEvent) -> str:
        if event.data == "[DONE]":
            self.finished = Finished(self._final_usage(), self._is_cut)
            return ""
        data = json_object(event.data)
        if data.get("error"):
            raise ServerFailed("the provider broke off with an error")
        self._usage |= mapping_in(data, "usage")
        choices = data.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        self._is_cut |= choices[0].get("finish_reason") == "length"
        text = mapping_in(choices[0], "delta").get("content")
        return text if isinstance(text, str) else ""

    def _final_usage(self) -> Usage:
        return Usage(
            tokens_in=count_in(self._usage, "prompt_tokens"),
            tokens_out=count_in(self._usage, "completion_tokens"),
            tokens_cached=count_in(mapping_in(self._usage, "prompt_tokens_details"), "cached_tokens"),
        )
