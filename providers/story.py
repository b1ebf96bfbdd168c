"""The story of a reply: who was asked, what happened, and how long it took."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    ANSWERED = "answered"
    FAILED = "failed"
    SKIPPED = "skipped"  # not asked: no key, disabled, nobody there
    STOPPED = "stopped"  # ended from our side, by a person or by a shutdown


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one candidate in one round. Times in milliseconds; round 0 is the fallback voice."""

    provider: str
    kind: str
    label: str
    model: str
    outcome: Outcome
    round: int
    code: str = ""
    message: str = ""
    waited_ms: int = 0
    first_token_ms: float | None = None
    duration_ms: float = 0.0
    drill: int | None = None
    """The drill in which it failed on purpose, or was left alone because it had."""

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}
