"""Chat completions as OpenAI and the many servers compatible with it speak them."""

from typing import Any, ClassVar

from tests.playing.ledger import Call
from tests.playing.speaking import Speaker, to_json

CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def _event(data: object) -> bytes:
    return b"data: " + to_json(data) + b"\n\n"


class OpenAISpeaker(Speaker):
    """`data:` lines and `[DONE]`; usage only for those who ask for it."""

    form = "openai"
    request_id_header = "x-request-id"
    error_types: ClassVar[dict[int, str]] = {
        400: "invalid_request_error",
        401: "invalid_request_error",
        403: "invalid_request_error",
        404: "invalid_request_error",
        429: "requests",
    }

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._common = {
            "id": f"chatcmpl-{call.id:024d}",
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": call.model,
            "service_tier": "default",
            "system_fingerprint": "fp_playing",
        }
        options = call.body.get("stream_options")
        self._has_usage = isinstance(options, dict) and options.get("include_usage") is True
        self._before, _, self._after = self._chunk({"content": "<here>"}).rpartition(b'"<here>"')

    def _chunk(self, delta: dict[str, object], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self._has_usage else {}
        return _event({**self._common, "choices": [choice], **usage})

    def _usage(self, tokens_out: int) -> dict[str, object]:
        return {
            "prompt_tokens": self.call.tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": self.call.tokens_in + tokens_out,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }

    def opening(self) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def delta(self, text: str) -> bytes:
        return self._before + to_json(text) + self._after

    def closing(self) -> bytes:
        end = self._chunk({}, "length" if self.is_cut_by_limit else "stop")
        if self._has_usage:
            usage = self._usage(self.call.tokens_out)
            end += _event({**self._common, "choices": [], "usage": usage})
        return end + b"data: [DONE]\n\n"

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def unknown(self) -> bytes:
        future = _event({**self._common, "object": "future.thing", "choices": []})
        reasoning = self._chunk({"reasoning_content": "not for the reader"})
        return b": a comment\n\nretry: 3000\nfuture: field\n" + future + reasoning

    def broken(self) -> bytes:
        return self._before[:-12] + b"\n\n"

    def failure(self) -> bytes:
        return to_json(self.error(500, "The server had an error while processing your request."))

    def failure_event(self) -> bytes:
        return b"data: " + self.failure() + b"\n\n"

    def reply(self, tokens: list[str], *, is_finished: bool) -> dict[str, Any]:
        reason = "length" if len(tokens) >= self.call.max_tokens else "stop"
        message = {"role": "assistant", "content": "".join(tokens), "refusal": None}
        choice = {
            "index": 0,
            "message": {**message, "annotations": []},
            "logprobs": None,
            "finish_reason": reason if is_finished else None,
        }
        usage = self._usage(len(tokens))
        return {**self._common, "object": "chat.completion", "choices": [choice], "usage": usage}

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = self.error_types.get(status, "server_error")
        code = CODES.get(status)
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}
