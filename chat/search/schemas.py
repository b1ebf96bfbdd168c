"""Wire types of the search."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field


class FoundSession(Schema):
    id: UUID
    title: str


class SnippetPart(Schema):
    """A piece of the text; `is_match` where it is what was looked for."""

    text: str
    is_match: bool


class FoundOut(Schema):
    """A message or a reply that was found; `id` is that of the message or of the turn."""

    kind: Literal["message", "turn"]
    id: int
    position: int
    session: FoundSession
    who: Annotated[str, Field(description="the persona of a reply; empty for what you said")]
    time: datetime
    is_shown: Annotated[bool, Field(description="false where the session shows another version now")]
    snippet: list[SnippetPart]


class SearchOut(Schema):
    """`next_cursor` goes into `cursor` for the next page; null at the end."""

    results: list[FoundOut]
    next_cursor: str | None
