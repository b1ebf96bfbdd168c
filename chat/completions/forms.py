"""The forms of OpenAI's Chat Completions, as clients of that API expect them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chat.models import Turn
from personas.models import Persona

OWNER = "valis"
_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def error_form(
    status: int, code: str, message: str, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An error; `param` of the details names the parameter that caused it."""
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    param = (details or {}).get("param")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def model_form(persona: Persona) -> dict[str, Any]:
    """A persona as a model."""
    return {
        "id": persona.slug,
        "object": "model",
        "created": _seconds(persona.created_at),
        "owned_by": OWNER,
        "valis": {"name": persona.name, "role": persona.role, "description": persona.description},
    }


class CompletionForm:
    """The parts of one answer, which all have the same head."""

    def __init__(self, turn: Turn, model: str) -> None:
        self._turn = turn
        self._model = model

    def whole(self, ended: dict[str, Any]) -> dict[str, Any]:
        """The answer in one piece. `ended` is the wire form of the turn."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": ended["text"], "refusal": None},
            "logprobs": None,
            "finish_reason": finish_reason(ended),
        }
        return self._form("chat.completion", [choice], ended["provider"]) | {"usage": usage_form(ended)}

    def chunk(
        self, delta: dict[str, Any], provider: dict[str, Any] | None, *, finish: str | None = None
    ) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._form("chat.completion.chunk", [choice], provider)

    def usage_chunk(self, ended: dict[str, Any]) -> dict[str, Any]:
        """The chunk after the last one, for those who asked for it."""
        return self._form("chat.completion.chunk", [], ended["provider"]) | {"usage": usage_form(ended)}

    def _form(
        self, kind: str, choices: list[dict[str, Any]], provider: dict[str, Any] | None
    ) -> dict[str, Any]:
        session = None if self._turn.session.is_transient else str(self._turn.session_id)
        return {
            "id": f"chatcmpl-{self._turn.pk}",
            "object": kind,
            "created": _seconds(self._turn.created_at),
            "model": self._model,
            "choices": choices,
            "valis": {
                "turn": self._turn.pk,
                "session": session,
                "provider": provider["name"] if provider else None,
                "provider_model": provider["model"] if provider else None,
                "is_fallback": bool(provider and provider["is_fallback"]),
            },
        }


def finish_reason(ended: dict[str, Any]) -> str:
    return "length" if ended["usage"].get("is_cut") else "stop"


def usage_form(ended: dict[str, Any]) -> dict[str, Any]:
    usage = ended["usage"]
    return {
        "prompt_tokens": usage["tokens_in"],
        "completion_tokens": usage["tokens_out"],
        "total_tokens": usage["tokens_in"] + usage["tokens_out"],
        "prompt_tokens_details": {"cached_tokens": usage["tokens_cached"]},
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
