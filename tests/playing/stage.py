"""Where calls are answered: which script is played for which model, and who says it how."""

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.playing import behaviours, faults, odd_bytes  # noqa: F401  (they register on import)
from tests.playing.anthropic_form import AnthropicSpeaker
from tests.playing.ledger import Call, Ledger
from tests.playing.openai_form import OpenAISpeaker
from tests.playing.pacing import Wheel
from tests.playing.registry import script_for
from tests.playing.scripts import Performance, Refusal, Script
from tests.playing.speaking import Speaker
from tests.playing.wire import Request

SPEAKERS: dict[tuple[str, str], type[Speaker]] = {
    ("POST", "/v1/chat/completions"): OpenAISpeaker,
    ("POST", "/v1/messages"): AnthropicSpeaker,
}


class Visitor(Protocol):
    """What the stage has to know of a client's connection."""

    @property
    def is_in_call(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass(slots=True)
class Stage:
    """All that the connections share."""

    wheel: Wheel
    ledger: Ledger
    models: dict[str, str]
    """Models that are not named after their script, and the script each plays now."""
    connections: set[Visitor] = field(default_factory=set)

    def answer(self, request: Request) -> tuple[Call, Performance]:
        """Enter the call into the ledger and choose what is played for it."""
        speaker_class = SPEAKERS[request.method, request.path]
        body = json_object(request.body)
        model = str(body.get("model", ""))
        call = self.ledger.add(
            form=speaker_class.form,
            model=model,
            script=self.models.get(model, model),
            api_key=_api_key(request),
            headers=request.headers,
            body=body,
        )
        script: Script = _complaint(call) or script_for(call)
        return call, script.perform(speaker_class(call))


def json_object(body: bytes) -> dict[str, Any]:
    """The body's object; an empty one for anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _api_key(request: Request) -> str:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-api-key") or bearer


def _complaint(call: Call) -> Refusal | None:
    """What a real provider would refuse the request for."""
    if not call.model:
        return Refusal(400, "you must provide a model parameter")
    if not call.messages:
        return Refusal(400, "messages: at least one message is required")
    if call.form == AnthropicSpeaker.form and "max_tokens" not in call.body:
        return Refusal(400, "max_tokens: Field required")
    return None
