"""Wire types of the chat API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from chat.models import Session
from chat.presenting import persona_form

Status = Literal["queued", "streaming", "complete", "failed", "cancelled", "interrupted"]


_Greeting = Annotated[
    int | None,
    Field(ge=0, le=100, examples=[0], description="0 is the persona's greeting, the others follow it"),
]


class PersonaRef(Schema):
    """Who answers, as far as a page shows it."""

    slug: str
    name: str
    initials: str
    colour: str
    picture_url: str


class ProviderRef(Schema):
    """Who wrote the reply."""

    name: str
    label: str
    model: str
    is_fallback: bool


class UsageOut(Schema):
    """What the reply took; `is_cut` when there would have been more of it."""

    tokens_in: int
    tokens_out: int
    tokens_cached: int
    is_estimated: bool
    is_cut: bool = False


class VersionsOut(Schema):
    """Which one of its kind this is, counted from 1, with the ids of the ones beside it."""

    index: int
    count: int
    previous: int | None
    next: int | None


_VERSIONS = Field(description="null where nobody has looked; a session with its messages always tells")


class MessageOut(Schema):
    """What a person said. `client_id` is the sender's own name for it."""

    id: int
    position: int
    parent: Annotated[int | None, Field(description="the turn that it goes on from; null at the beginning")]
    text: str
    author_name: str
    client_id: str
    created_at: datetime
    versions: Annotated[VersionsOut | None, _VERSIONS] = None


class PlacesOut(Schema):
    busy: int
    of: int


class WaitingOut(Schema):
    """Who is before a waiting reply; `text` says it in words."""

    ahead: Annotated[int, Field(description="replies before it in its chat")]
    places: PlacesOut
    ahead_in_line: Annotated[int, Field(description="older ones of other chats that wait for a place")]
    about_seconds: Annotated[int | None, Field(description="null while there is nothing to go by")]
    text: str


class TurnOut(Schema):
    """One wish for a reply, with the text as far as it is stored."""

    id: int
    position: int
    question: int
    status: Status
    attempt: int
    persona: PersonaRef
    text: str
    html: str
    html_end: Annotated[int, Field(description="up to where in `text` `html` goes, in code points")]
    provider: ProviderRef | None
    usage: UsageOut | None
    code: str
    message: str
    waiting: WaitingOut | None = None
    created_at: datetime
    finished_at: datetime | None
    wished_at: Annotated[
        datetime | None, Field(description="Since when it waits for a model's answer in its place.")
    ]
    versions: Annotated[VersionsOut | None, _VERSIONS] = None


class SessionOut(Schema):
    """A conversation; `is_active` while somebody wrote in it lately."""

    id: UUID
    title: str
    persona: PersonaRef
    is_active: bool
    is_pinned: bool
    is_archived: bool
    created_at: datetime
    last_activity_at: datetime

    @staticmethod
    def resolve_persona(session: Session | dict[str, Any]) -> dict[str, Any]:
        if isinstance(session, Session):
            return persona_form(session.persona)
        persona: dict[str, Any] = session["persona"]
        return persona


class GreetingOut(Schema):
    """What a chat begins with, before anybody has written."""

    persona: PersonaRef
    text: str
    html: str


class ConversationOut(Schema):
    """A session with the last messages of the path that is shown, each with its turn, in order."""

    session: SessionOut
    greeting: Annotated[
        GreetingOut | None, Field(description="null before the first message, or without one")
    ]
    messages: list[MessageOut]
    turns: list[TurnOut]


class ContextOut(Schema):
    """About what would go along with the next message."""

    tokens: int
    room: Annotated[int, Field(description="the most tokens that would ever go along")]
    percent: Annotated[int, Field(description="how full it is, by whichever limit comes first")]
    persona_tokens: int
    memory_tokens: Annotated[int, Field(description="for what the persona remembers, by the last question")]
    said_tokens: int
    messages: int
    most_messages: int
    characters: int
    most_characters: int
    left_out: Annotated[int, Field(description="one's own first messages no longer told, 500 at most")]
    model: Annotated[str, Field(description="who would be asked first; empty when nobody can be")]
    window: Annotated[int | None, Field(description="tokens it takes; null where that is not known")]


class SpentOut(Schema):
    """Tokens and cost of calls that were made. What they cost is null when none of them has a price."""

    calls: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    is_estimated: Annotated[bool, Field(description="some tokens were counted here")]
    cost_usd: Annotated[float | None, Field(description="of the calls that have a price")]
    unpriced_calls: Annotated[int, Field(description="calls that have none")]


class ProviderSpentOut(SpentOut):
    provider: str
    model: str


class SessionUsageOut(SpentOut):
    """How full the context of a session is, and what all its calls took together and by provider."""

    context: ContextOut
    providers: list[ProviderSpentOut]


class SessionIn(Schema):
    """`persona_id` is the persona's slug; without it the first persona answers."""

    persona_id: Annotated[str | None, Field(examples=["jane"])] = None
    greeting: _Greeting = None


class SessionChangesIn(Schema):
    """What is left out stays as it is. An empty title gives back the one by the first message."""

    title: Annotated[str | None, Field(examples=["Books for the train"])] = None
    is_pinned: Annotated[bool | None, Field(examples=[True])] = None
    is_archived: Annotated[bool | None, Field(examples=[False])] = None


class ChatIn(Schema):
    """`persona_id` is the persona's slug. With the same `client_id` a repeat is stored once."""

    message: Annotated[str, Field(examples=["Hello Jane, what should I read tonight?"])]
    persona_id: Annotated[str | None, Field(examples=["jane"])] = None
    session_id: Annotated[UUID | None, Field(examples=["0f8b1c6e-6a53-4d55-9f0e-2f4a3c1d7b90"])] = None
    client_id: Annotated[str | None, Field(examples=["6f1c7c1e-5f0b-4a53-9f5e-0d7c2f9f3b11"])] = None
    wait: Annotated[bool, Field(examples=[True])] = True
    greeting: _Greeting = None


class RegenerateIn(Schema):
    """`persona_id` is the slug of who is to answer; without it the one who did."""

    persona_id: Annotated[str | None, Field(examples=["jane"])] = None


class EditIn(Schema):
    """The new text. `persona_id` and `client_id` are as with a new message."""

    message: Annotated[str, Field(examples=["Hello Jane, what should I read on the train?"])]
    persona_id: Annotated[str | None, Field(examples=["jane"])] = None
    client_id: Annotated[str | None, Field(examples=["0d6b2c1e-7c1b-4f0e-8f5e-3d1c2b9a7e55"])] = None


class ChatOut(Schema):
    """The stored message and its turn: finished, or on its way when `wait` is false."""

    session_id: UUID
    message: MessageOut
    turn: TurnOut
    reply: Annotated[str, Field(description="The turn's text, for programs that want nothing else.")]


class ExchangeOut(Schema):
    """One line of a session's history: a message with one reply to it."""

    session: UUID
    time: datetime
    persona: str
    message: str
    response: str
    provider: str
    status: str


class HistoryOut(Schema):
    """`next_before` goes into `before` for the page of what was said earlier; null at the beginning."""

    items: list[ExchangeOut]
    next_before: int | None


class UsedMemoryOut(Schema):
    """`text` is empty and `is_there` false when it was deleted, or replaced, since."""

    id: int
    kind: str
    text: str
    is_there: bool
    is_general: bool


class ReceiptOut(Schema):
    """What a reply could go by. `messages` counts what it was told of the chat; `lore` are the entries of the
    persona's lorebook, each up to 300 characters. The fallback voice uses no memories, traits or lore."""

    is_fallback: bool
    provider: str
    model: str
    temperature: float | None
    max_tokens: int | None
    messages: int | None
    style: list[str]
    traits: list[str]
    memories: list[UsedMemoryOut]
    lore: list[str]
