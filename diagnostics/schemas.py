"""Wire types of health and activity."""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema

State = Literal["ok", "degraded", "failing"]


class PartOut(Schema):
    """`detail` is for people who are logged in."""

    name: str
    state: State
    took_ms: float
    detail: str


class HealthOut(Schema):
    """`failing` when a part fails that people need, `degraded` when only the fallback voice speaks."""

    status: State
    version: str
    checked_at: datetime
    parts: list[PartOut]


class LiveOut(Schema):
    """The process answers."""

    status: Literal["ok"]


class EventOut(Schema):
    """Something that happened. `text` says it in a sentence, `facts` in names and numbers."""

    id: int
    kind: str
    at: datetime
    text: str
    is_problem: bool
    facts: dict[str, Any]
    request_id: str


class ActivityOut(Schema):
    """`last` goes into `after` for what comes next; `has_more` says that there is more already."""

    events: list[EventOut]
    last: int
    has_more: bool
