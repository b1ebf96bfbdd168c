"""Wire types of personas."""

from typing import Annotated

from ninja import Schema
from pydantic import Field


class PersonaOut(Schema):
    """What people see when they choose. `id` is the slug, as `persona_id` takes it."""

    id: Annotated[str, Field(examples=["jane"])]
    name: str
    role: str
    initials: str
    colour: str
    picture_url: str
    description: str
    greeting: str
    other_greetings: Annotated[list[str], Field(description="others it may begin a chat with")]
    topics: list[str]
    tags: list[str]


class PromptOut(Schema):
    """A system prompt as it would be sent now; the tokens are an estimate."""

    persona: str
    prompt: str
    estimated_tokens: int
