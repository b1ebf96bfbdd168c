"""Wire types of drills."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

FailureName = Literal["time_out", "rate_limited", "cut", "garbage", "refused"]


class DrillIn(Schema):
    """Without `is_for_everybody` it is for your own replies alone."""

    provider: Annotated[str, Field(description="Its name; empty: every provider.", examples=["openai"])] = ""
    failure: Annotated[FailureName, Field(description="How it fails.", examples=["rate_limited"])]
    minutes: Annotated[int, Field(ge=1, le=30, description="It fails for so long.", examples=[5])] = 5
    is_for_everybody: Annotated[
        bool, Field(description="Let the replies of everybody fail over.", examples=[False])
    ] = False
    is_confirmed: Annotated[
        bool, Field(description="Needed where it is for everybody.", examples=[False])
    ] = False


class AskIn(Schema):
    """Who is asked."""

    persona_id: Annotated[
        str | None,
        Field(description="The slug of who is asked, else the first.", examples=["jane"]),
    ] = None


class DrillOut(Schema):
    """`provider` is empty where every provider fails."""

    id: int
    provider: str
    failure: FailureName
    is_for_everybody: bool
    starter: str
    started_at: datetime
    fails_until: datetime
    ended_at: datetime | None
    state: Literal["failing", "recovering", "ended"]


class DrilledCallOut(Schema):
    """`is_staged`: it failed on purpose, and nobody was called."""

    provider: str
    model: str
    outcome: str
    error_code: str
    started_at: datetime
    first_token_ms: float | None
    duration_ms: float | None
    is_staged: bool


class DrilledReplyOut(Schema):
    """`not_asked`: the drill's provider, where it was left alone; mostly because its circuit was open."""

    turn: int | None
    not_asked: str
    answered_by: str
    calls: list[DrilledCallOut]


class CircuitChangeOut(Schema):
    at: datetime
    state: Literal["open", "half_open", "closed"]
    circuit: str


class FindingOut(Schema):
    name: str
    is_seen: bool
    text: str


class DrillReportOut(DrillOut):
    """`is_whole` is false where there were more than 500 calls."""

    replies: list[DrilledReplyOut]
    circuit: list[CircuitChangeOut]
    findings: list[FindingOut]
    is_whole: bool


class AskedOut(Schema):
    turn: int
