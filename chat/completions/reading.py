"""A request for a completion, read and checked. Whatever is sent, it is a `Request` or a clear error."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chat.briefs import Brief
from chat.completions.dialogue import read_dialogue
from core.errors import InvalidInput

MAX_TEMPERATURE = 1.0
"""As for a persona: what is hotter is not refused, it counts as this."""
_ACCEPTED_TEMPERATURE = 2.0
_MOST_TOKENS = 2**31
_NEW = "new"


@dataclass(frozen=True, slots=True)
class Request:
    """`model` as it was asked for: a persona's slug, or `slug@model`.

    Without `is_stored` nothing stays of it; with it, `session_id` is the session it belongs to, or None
    for a new one.
    """

    model: str
    brief: Brief
    is_streamed: bool = False
    has_usage_chunk: bool = False
    is_stored: bool = False
    session_id: UUID | None = None

    @property
    def persona_slug(self) -> str:
        return self.model.partition("@")[0]


def read_request(body: bytes) -> Request:
    """Raises `InvalidInput` with the parameter that is wrong."""
    data = _json_object(body)
    _refuse_what_is_not_offered(data)
    model = data.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidInput("model has to name a persona.", code="invalid_value", param="model")
    dialogue, notes = read_dialogue(data.get("messages"))
    is_stored, session_id = _session(data.get("metadata"))
    options = data.get("stream_options")
    return Request(
        model=model,
        brief=Brief(
            dialogue=dialogue,
            notes=notes,
            model=model.partition("@")[2],
            max_tokens=_tokens(data, "max_completion_tokens") or _tokens(data, "max_tokens"),
            temperature=_temperature(data),
        ),
        is_streamed=_flag(data, "stream"),
        has_usage_chunk=_flag(options, "include_usage") if isinstance(options, Mapping) else False,
        is_stored=is_stored,
        session_id=session_id,
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidInput("The body has to be a JSON object.", code="invalid_json")
    return data


def _is_empty(value: Any) -> bool:
    return not value


_HARMLESS: dict[str, Callable[[Any], bool]] = {
    "n": lambda value: value is None or (value == 1 and value is not True),
    "tools": _is_empty,
    "tool_choice": lambda value: value in (None, "none", "auto"),
    "functions": _is_empty,
    "function_call": lambda value: value in (None, "none", "auto"),
    "audio": _is_empty,
    "modalities": lambda value: value in (None, [], ["text"]),
    "response_format": lambda value: value in (None, {"type": "text"}),
    "logprobs": _is_empty,
    "top_logprobs": _is_empty,
    "logit_bias": _is_empty,
    "stop": _is_empty,
    "web_search_options": lambda value: value is None,
}
"""Parameters that a reply would have to obey, with the values that ask for nothing."""


def _refuse_what_is_not_offered(data: Mapping[str, Any]) -> None:
    for name, is_harmless in _HARMLESS.items():
        if not is_harmless(data.get(name)):
            raise InvalidInput(
                f"A persona answers with one plain text: {name} cannot be used here.",
                code="unsupported_value",
                param=name,
            )


def _flag(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{name} has to be true or false.", code="invalid_value", param=name)
    return bool(value)


def _tokens(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MOST_TOKENS:
        raise InvalidInput(f"{name} has to be a whole number above 0.", code="invalid_value", param=name)
    return value


def _temperature(data: Mapping[str, Any]) -> float | None:
    value = data.get("temperature")
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _ACCEPTED_TEMPERATURE:
        raise InvalidInput(
            "temperature has to be a number from 0 to 2.", code="invalid_value", param="temperature"
        )
    return min(float(value), MAX_TEMPERATURE)


def _session(metadata: Any) -> tuple[bool, UUID | None]:
    wanted = metadata.get("valis_session") if isinstance(metadata, Mapping) else None
    if wanted is None:
        return False, None
    if wanted == _NEW:
        return True, None
    try:
        return True, UUID(wanted)
    except (AttributeError, TypeError, ValueError):
        raise InvalidInput(
            'valis_session has to be "new" or the id of a session.',
            code="invalid_value",
            param="metadata.valis_session",
        ) from None
