"""Wire types of memory."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from memory.models import MOST_IMPORTANT, WARM_CHARACTERS
from memory.selectors import COLD_PAGE, WARM_PAGE

WarmKind = Literal["fact", "relationship", "opinion", "interest"]
_Text = Annotated[str, Field(min_length=1, max_length=WARM_CHARACTERS, examples=["Plays the cello."])]
_Importance = Annotated[int, Field(ge=1, le=MOST_IMPORTANT, examples=[5])]


class ColdQuery(Schema):
    """Which page of which memories is wanted."""

    q: Annotated[str, Field(max_length=200, description="only those with these words")] = ""
    person: Annotated[
        str | None, Field(description="somebody else's user name, for who may read their chats")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="of one page")] = COLD_PAGE
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="how many to leave out before it")] = 0


class WarmQuery(ColdQuery):
    """As for cold ones, of one kind if wanted."""

    kind: Annotated[WarmKind | None, Field(description="only of this kind")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="of one page")] = WARM_PAGE


class MemoryIn(Schema):
    """Something for a persona to know about you."""

    kind: Annotated[WarmKind, Field(examples=["interest"])] = "fact"
    text: _Text
    importance: _Importance = 5


class MemoryChangesIn(Schema):
    """What is left out stays. A summary may be longer than other memories, and stays a summary."""

    kind: Annotated[WarmKind | None, Field(examples=["fact"])] = None
    text: Annotated[str | None, Field(min_length=1, max_length=4000, examples=["Plays the viola."])] = None
    importance: Annotated[_Importance | None, Field(examples=[8])] = None


_Confidence = Annotated[float, Field(ge=0, le=1, examples=[0.9])]


class StaffMemoryIn(MemoryIn):
    """Something for a persona to know, whoever it talks with."""

    confidence: _Confidence = 1.0


class StaffMemoryChangesIn(MemoryChangesIn):
    """The same, and how sure it is."""

    confidence: Annotated[_Confidence | None, Field(examples=[0.5])] = None


class SwitchIn(Schema):
    """A switch of memory."""

    is_on: Annotated[bool, Field(examples=[True])]


class MemoryOut(Schema):
    """One thing a persona knows. `messages` are the numbers of those it came from, `before` is what it took
    the place of. `is_general`: staff wrote it for everybody."""

    id: int
    kind: str
    text: str
    importance: int
    confidence: float
    origin: Literal["model", "person", "staff"]
    is_general: bool
    begins_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    last_used_on: date | None
    version: int
    messages: list[int]
    before: list[str]


class MemoriesOut(Schema):
    """A page of them, the newest first; `next_offset` is null when there are no more."""

    results: list[MemoryOut]
    next_offset: int | None


class OverviewOut(Schema):
    """How much a persona knows about you, and which switches are on. It is used when all three are."""

    persona: str
    is_on: bool
    is_on_for_all: bool
    is_on_for_persona: bool
    is_on_for_you: bool
    warm: dict[str, int]
    cold: int


class ForgottenOut(Schema):
    """How many memories are gone."""

    forgotten: int
