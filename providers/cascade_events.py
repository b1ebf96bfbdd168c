"""What a walk through the cascade tells: its caller by events, the ledger by a meter."""

from dataclasses import dataclass
from typing import Any, Protocol

from providers.calls import CallRequest, Usage
from providers.lineup import Candidate
from providers.story import Step


@dataclass(frozen=True, slots=True)
class Trying:
    """A call to this candidate begins."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Pulse:
    """Time has passed and nothing else happened."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """Text was seen, then its provider broke: what follows replaces it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply is complete. `steps` is the whole story, in order; `is_cut` as in `Finished`."""

    candidate: Candidate
    usage: Usage
    steps: tuple[Step, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody but the fallback voice could answer, and it was not to. `steps` as in `Answered`."""

    steps: tuple[Step, ...] = ()


CascadeEvent = Trying | Pulse | Restarted | Answered | Unanswered


class Meter(Protocol):
    """Writes calls into a ledger: a row before each call, its outcome after it."""

    def opened(self, candidate: Candidate, request: CallRequest) -> Any:
        """Called before the call; what it returns is handed to `closed`.

        When it raises, no call is made; after `CapReached` the next one is asked.
        """

    def closed(self, call: Any, step: Step, usage: Usage) -> None: ...
