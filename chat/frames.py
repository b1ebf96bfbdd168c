"""What a browser may send over the chat socket. `docs/reference/protocol.md` shows each."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import InvalidInput, TooLarge
from core.text import NOT_TEXT, is_storable

MAX_FRAME_BYTES = 400_000
"""More than the longest message takes when every character is escaped."""

_LONGEST_NAME = 64


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Hello(_Frame):
    type: Literal["hello"]
    after: Annotated[str, Field(max_length=64)] = ""


class Send(_Frame):
    type: Literal["send"]
    client_id: str
    text: str
    persona: Annotated[str, Field(max_length=60)] | None = None
    greeting: Annotated[int, Field(ge=0, le=100)] | None = None


class Stop(_Frame):
    type: Literal["stop"]
    turn: Annotated[int, Field(gt=0, lt=2**63)]


class RunAgain(_Frame):
    type: Literal["run_again"]
    turn: Annotated[int, Field(gt=0, lt=2**63)]


class AnswerProperly(_Frame):
    type: Literal["answer_properly"]
    turn: Annotated[int, Field(gt=0, lt=2**63)]


class Regenerate(_Frame):
    type: Literal["regenerate"]
    turn: Annotated[int, Field(gt=0, lt=2**63)]
    persona: Annotated[str, Field(max_length=60)] | None = None


class Edit(_Frame):
    type: Literal["edit"]
    message: Annotated[int, Field(gt=0, lt=2**63)]
    client_id: str
    text: str
    persona: Annotated[str, Field(max_length=60)] | None = None


class Show(_Frame):
    """One of the two."""

    type: Literal["show"]
    turn: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    message: Annotated[int, Field(gt=0, lt=2**63)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.turn is None) is (self.message is None):
            raise ValueError("name a turn or a message")
        return self


class Ack(_Frame):
    type: Literal["ack"]
    id: Annotated[str, Field(max_length=64)]


class Ping(_Frame):
    type: Literal["ping"]


Frame = Hello | Send | Stop | RunAgain | AnswerProperly | Regenerate | Edit | Show | Ack | Ping
_adapter: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def read_frame(text: str) -> Frame:
    """Raises `InvalidInput` with the places that are wrong, or `TooLarge`."""
    if len(text) > MAX_FRAME_BYTES:
        raise TooLarge("The frame is too large.", code="frame_too_large", limit=MAX_FRAME_BYTES)
    try:
        return _adapter.validate_json(text, strict=True)
    except ValidationError as error:
        raise _refusal(text, error) from None


def _refusal(text: str, error: ValidationError) -> InvalidInput:
    """Names the message it is about, so that whoever sent it does not send it again and again."""
    sent = _leniently_read(text)
    client_id = sent.get("client_id")
    is_named = isinstance(client_id, str) and len(client_id) <= _LONGEST_NAME and is_storable(client_id)
    about = {"client_id": client_id} if is_named else {}
    if not is_storable(str(sent.get("text", ""))):
        return InvalidInput(NOT_TEXT, code="message_not_text", **about)
    problems = [
        {"field": ".".join(str(part) for part in each["loc"]), "problem": each["msg"]}
        for each in error.errors(include_input=False, include_url=False)[:5]
    ]
    return InvalidInput("The frame is malformed.", code="frame_malformed", problems=problems, **about)


def _leniently_read(text: str) -> dict[str, Any]:
    """Browsers write half of a surrogate pair as an escape, which the strict parser takes for broken JSON."""
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}
