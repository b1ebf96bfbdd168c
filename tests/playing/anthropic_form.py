"""Messages as Anthropic speaks them: every event is named."""

from typing import Any, ClassVar

from tests.playing.ledger import Call
from tests.playing.speaking import Speaker, to_json


def _event(name: str, **fields: object) -> bytes:
    return f"event: {name}\n".encode() + b"data: " + to_json({"type": name, **fields}) + b"\n\n"


class AnthropicSpeaker(Speaker):
    """Usage comes in two halves: what went in with the first event, what came out near the end."""

    form = "anthropic"
    request_id_header = "request-id"
    error_types: ClassVar[dict[int, str]] = {
        400: "invalid_request_error",
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        504: "timeout_error",
        529: "overloaded_error",
    }

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._before = (
            b"event: content_block_delta\n"
            b'data: {"type":"content_block_delta","index":0,'
            b'"delta":{"type":"text_delta","text":'
        )

    def _usage(self, tokens_out: int) -> dict[str, object]:
        return {
            "input_tokens": self.call.tokens_in,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": tokens_out,
            "service_tier": "standard",
        }

    def _message(
        self, content: list[dict[str, str]], stop_reason: str | None, tokens_out: int
    ) -> dict[str, Any]:
        return {
            "id": f"msg_{self.call.id:024d}",
            "type": "message",
            "role": "assistant",
            "model": self.call.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": self._usage(tokens_out),
        }

    def opening(self) -> bytes:
        return (
            _event("message_start", message=self._message([], None, 1))
            + _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
            + self.ping()
        )

    def delta(self, text: str) -> bytes:
        return self._before + to_json(text) + b"}}\n\n"

    def closing(self) -> bytes:
        reason = "max_tokens" if self.is_cut_by_limit else "end_turn"
        delta = {"stop_reason": reason, "stop_sequence": None}
        usage = {"output_tokens": self.call.tokens_out}
        return (
            _event("content_block_stop", index=0)
            + _event("message_delta", delta=delta, usage=usage)
            + _event("message_stop")
        )

    def ping(self) -> bytes:
        return _event("ping")

    def unknown(self) -> bytes:
        future = {"type": "future_delta", "future": "not for the reader"}
        return (
            b": a comment\n\nretry: 3000\nid: 7\nfuture: field\n"
            + _event("future_event", text="not for the reader")
            + _event("content_block_delta", index=0, delta=future)
        )

    def broken(self) -> bytes:
        return self._before[:-12] + b"\n\n"

    def failure(self) -> bytes:
        return to_json(self.error(529, "Overloaded"))

    def failure_event(self) -> bytes:
        return b"event: error\ndata: " + self.failure() + b"\n\n"

    def reply(self, tokens: list[str], *, is_finished: bool) -> dict[str, Any]:
        reason = "max_tokens" if len(tokens) >= self.call.max_tokens else "end_turn"
        content = [{"type": "text", "text": "".join(tokens)}]
        return self._message(content, reason if is_finished else None, len(tokens))

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = self.error_types.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}
