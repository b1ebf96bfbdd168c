"""What a model answered, checked. Whatever is not exactly what was asked for is refused as a whole."""

import re
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.text import is_storable

MOST_OPERATIONS = 12
LONGEST_ANSWER = 50_000
"""Characters: more than anything that was asked for, and little enough to be looked through."""
_FENCED = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)

Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"\w")]
Number = Annotated[int, Field(ge=1)]
Importance = Annotated[int, Field(ge=1, le=10)]
Confidence = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Kinds = Literal["fact", "relationship", "opinion", "interest"]


class Unreadable(Exception):
    """The model answered with something else than what it was asked for."""


class _Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    quote: Annotated[str, Field(min_length=2, max_length=400, pattern=r"\w")]
    """The person's own words that say so."""
    sources: Annotated[tuple[Number, ...], Field(min_length=1, max_length=20)]


class Add(_Operation):
    do: Literal["add"]
    kind: Kinds
    text: Text
    importance: Importance = 5
    confidence: Confidence = 0.8


class Change(_Operation):
    """`update`: the same, put better. `contradict`: it is otherwise."""

    do: Literal["update", "contradict"]
    memory: Number
    text: Text
    kind: Kinds | None = None
    importance: Importance | None = None
    confidence: Confidence | None = None


class Forget(_Operation):
    do: Literal["forget"]
    memory: Number


Operation = Annotated[Add | Change | Forget, Field(discriminator="do")]


class _Operations(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    operations: Annotated[tuple[Operation, ...], Field(max_length=MOST_OPERATIONS)]


class _Summary(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    summary: Annotated[str, Field(min_length=1, max_length=3_900, pattern=r"\w")]


def read_operations(
    answer: str, *, messages: Collection[int], known: Collection[int]
) -> tuple[Add | Change | Forget, ...]:
    """`messages` are those it was shown, and `known` the memories. Raises `Unreadable`."""
    try:
        operations = _Operations.model_validate_json(_json_of(answer)).operations
    except ValidationError as error:
        raise Unreadable(_places(error)) from None
    for each in operations:
        if not set(each.sources) <= set(messages):
            raise Unreadable("sources: a message that it was not shown")
        if not isinstance(each, Add) and each.memory not in known:
            raise Unreadable("memory: one that it was not shown")
    return operations


def read_summary(answer: str) -> str:
    """Raises `Unreadable`."""
    try:
        return _Summary.model_validate_json(_json_of(answer)).summary
    except ValidationError as error:
        raise Unreadable(_places(error)) from None


def _json_of(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise Unreadable("answer: too long")
    answer = answer.strip()
    if not is_storable(answer):
        raise Unreadable("characters that cannot be stored")
    fenced = _FENCED.match(answer)
    return fenced[1] if fenced else answer


def _places(error: ValidationError) -> str:
    """Where it is wrong, without a word of the answer."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['type']}" for each in error.errors()[:3]
    )
