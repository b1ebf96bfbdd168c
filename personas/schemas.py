"""Wire types of personas."""

from typing import Annotated

from ninja import Schema
from pydantic import Field

from personas import limits


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


_Lines = Annotated[list[str], Field(max_length=limits.LIST_ITEMS)]
_Text = Annotated[str, Field(max_length=limits.BACKGROUND)]


class CapsIn(Schema):
    """Of one day. Null takes the engine's setting; 0 allows nothing."""

    daily_cost_cap_usd: Annotated[
        float | None, Field(ge=0, le=limits.COST_CAP_USD, allow_inf_nan=False, examples=[2.5])
    ] = None
    daily_token_cap: Annotated[int | None, Field(ge=0, le=limits.TOKEN_CAP, examples=[200000])] = None


class CapsOut(CapsIn):
    """A persona's own daily caps."""

    id: str


class ConfigIn(CapsIn):
    """What is left out stays as it is."""

    name: _Text = ""
    role: _Text = ""
    nickname: _Text = ""
    position: Annotated[int, Field(ge=0, le=32767)] = 100
    tags: _Lines = []
    colour: _Text = ""
    description: Annotated[_Text, Field(examples=["Listens, and asks the next question."])] = ""
    tone: _Text = ""
    background: _Text = ""
    scenario: _Text = ""
    common_phrases: _Lines = []
    topics: _Lines = []
    quirks: _Lines = []
    system_prompt: _Text = ""
    greeting: _Text = ""
    example_dialogue: _Text = ""
    reminder: _Text = ""
    is_quoted: bool = False
    traits: Annotated[dict[str, int], Field(max_length=limits.TRAITS, examples=[{"creativity": 70}])] = {}
    communication_style: _Text = ""
    engagement: _Text = ""
    temperature: Annotated[float | None, Field(allow_inf_nan=False)] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=limits.MAX_TOKENS)] = None
    cascade: Annotated[list[str], Field(max_length=limits.CASCADE_ENTRIES)] = []
    has_memory: bool = True
    is_active: bool = True


class ConfigOut(ConfigIn):
    """A persona as staff edit it."""

    id: str
