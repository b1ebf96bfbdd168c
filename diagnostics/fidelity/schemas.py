"""Wire types of fidelity runs."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

WordName = Literal["close", "drifts", "off"]
OutcomeName = Literal["waiting", "answered", "failed", "skipped"]
Name = Annotated[str, Field(max_length=200)]


class FidelityIn(Schema):
    """Whom to ask."""

    speakers: Annotated[
        list[Name],
        Field(
            max_length=12,
            description="Names of providers, or `fallback`; none: everybody.",
            examples=[["anthropic", "fallback"]],
        ),
    ] = []


class FidelityRunOut(Schema):
    """`starter` is empty for the command line; a draft's values were not saved."""

    id: int
    persona_slug: str
    is_draft: bool
    starter: str
    state: Literal["running", "ended", "stopped", "interrupted"]
    calls: int
    started_at: datetime
    ended_at: datetime | None


class MeasureOut(Schema):
    """`amount`: 0 as the golden replies, 1 nothing in common. `figure` is what was counted, for people."""

    amount: float
    word: WordName
    figure: str


class ComparedMeasureOut(MeasureOut):
    """`was`: the same in the run before."""

    was: MeasureOut | None


class MeasuresOut(Schema):
    phrases: ComparedMeasureOut
    tone: ComparedMeasureOut
    refusals: ComparedMeasureOut
    length: ComparedMeasureOut


class SpeakerOut(Schema):
    """`word` and `measures` are null where nothing was answered; `reason` is why something was not."""

    name: str
    model: str
    label: str
    is_fallback: bool
    answered: int
    failed: int
    skipped: int
    waiting: int
    reason: str
    word: WordName | None
    was: WordName | None
    measures: MeasuresOut | None


class ToldOut(Schema):
    role: Literal["user", "assistant"]
    text: str


class FidelityReplyOut(Schema):
    """What was said, and which phrases, markers and avoided words it shows."""

    speaker: str
    model: str
    outcome: OutcomeName
    reason: str
    duration_ms: float | None
    text: str
    words: int
    phrases: list[str]
    markers: list[str]
    avoided: list[str]
    declines: bool


class ComparisonOut(Schema):
    """A golden dialogue with what everybody answered."""

    name: str
    told: list[ToldOut]
    question: str
    declines: bool
    golden: FidelityReplyOut
    replies: list[FidelityReplyOut]


class FidelityReportOut(FidelityRunOut):
    """`dialogues` is empty without the right to see prompts; `was` is from the run `compared_with`."""

    done: int
    current: str
    compared_with: int | None
    speakers: list[SpeakerOut]
    dialogues: list[ComparisonOut]
