"""What the cascade asks of the circuits before a call, and tells them after it.

A database that fails here never costs a reply: the call is made as if the circuit were closed.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from django.db import DatabaseError, InterfaceError

from core.logs import get_logger
from providers.circuits import closing, noting, transitions
from providers.circuits.models import CircuitState
from providers.circuits.reading import Standing, key_of, standing_of
from providers.circuits.transitions import Key
from providers.errors import ProviderError
from providers.limits import EngineLimits
from providers.lineup import Candidate

logger = get_logger(__name__)
_LEASE_MARGIN = 5.0
LEFT_ALONE = "it asked to be left alone"
_HALF_OPEN = "its circuit is half open: another call finds out whether it is back"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate is not asked now. `seconds` is how long it asked to be left alone, where it did."""

    reason: str
    seconds: float = 0.0


class CircuitGuard(Protocol):
    """Whom the cascade may call."""

    def look(self, candidates: Sequence[Candidate]) -> None:
        """See how things stand; before each round."""

    def refusal(self, candidate: Candidate) -> Refusal | None:
        """Why it may not be asked, by what was seen. Costs nothing."""

    def enter(self, candidate: Candidate) -> str:
        """Why it may not be asked after all, right before the call: one alone passes a half-open circuit."""

    def leave(self, candidate: Candidate, *, has_answered: bool, error: ProviderError | None) -> None:
        """The call is over; without an answer or an error it was stopped."""


class NoCircuits:
    """Lets everybody pass."""

    def look(self, candidates: Sequence[Candidate]) -> None: ...

    def refusal(self, candidate: Candidate) -> Refusal | None:
        return None

    def enter(self, candidate: Candidate) -> str:
        return ""

    def leave(self, candidate: Candidate, *, has_answered: bool, error: ProviderError | None) -> None: ...


class Circuits:
    """The circuits of one reply's candidates."""

    def __init__(self, limits: EngineLimits) -> None:
        self._threshold = limits.circuit_breaker_threshold
        self._timeout = limits.circuit_breaker_timeout
        self._seen: dict[Key, Standing] = {}
        self._seen_at = 0.0
        self._probes: dict[Key, int] = {}
        """Numbers of the probes that are this reply's."""

    def look(self, candidates: Sequence[Candidate]) -> None:
        with _harming_nobody():
            self._seen = standing_of(candidates, timeout=self._timeout)
            self._seen_at = time.monotonic()

    def refusal(self, candidate: Candidate) -> Refusal | None:
        standing = self._seen.get(key_of(candidate))
        if standing is None or candidate.is_fallback:
            return None
        passed = time.monotonic() - self._seen_at
        left, pause = standing.seconds_left - passed, standing.pause_left - passed
        if standing.state is CircuitState.OPEN and left > 0:
            drill = "drill: " if candidate.drill else ""
            return Refusal(f"{drill}its circuit is open for another {_shown(left)}")
        if standing.state is CircuitState.HALF_OPEN and left > 0:
            return Refusal(_HALF_OPEN)
        if pause > 0:
            return Refusal(f"{LEFT_ALONE} for another {_shown(pause)}", pause)
        return None

    def enter(self, candidate: Candidate) -> str:
        key = key_of(candidate)
        standing = self._seen.get(key)
        if standing is None or standing.state is CircuitState.CLOSED or candidate.is_fallback:
            return ""
        lease = candidate.limits.provider_timeout + _LEASE_MARGIN
        with _harming_nobody():
            if not transitions.take_probe(key, seen=standing.probe, timeout=self._timeout, lease=lease):
                return _HALF_OPEN
            self._probes[key] = standing.probe + 1
            noting.note_half_opened(key)
        return ""

    def leave(self, candidate: Candidate, *, has_answered: bool, error: ProviderError | None) -> None:
        if candidate.is_fallback:
            return
        key = key_of(candidate)
        probe = self._probes.pop(key, None)
        with _harming_nobody():
            if probe is not None:
                self._end_probe(key, probe, has_answered, error)
            elif error is not None:
                if transitions.count_failure(key, error, threshold=self._threshold):
                    noting.note_opened(key, code=error.code, seconds=self._timeout)
            elif has_answered and key in self._seen:
                transitions.clear_failures(key)

    def _end_probe(self, key: Key, probe: int, has_answered: bool, error: ProviderError | None) -> None:
        if has_answered:
            if transitions.close_by_probe(key, probe):
                noting.note_closed(key)
        elif error is not None and error.is_counted:
            if transitions.reopen_by_probe(key, probe, error):
                noting.note_opened(key, code=error.code, seconds=self._timeout)
        elif transitions.release_probe(key, probe):
            noting.note_opened(key, code="", seconds=0.0)


class AlwaysAsked(Circuits):
    """For staff who test a provider: no circuit keeps it from being asked, and an answer closes its own."""

    def refusal(self, candidate: Candidate) -> Refusal | None:
        return None

    def enter(self, candidate: Candidate) -> str:
        return ""

    def leave(self, candidate: Candidate, *, has_answered: bool, error: ProviderError | None) -> None:
        super().leave(candidate, has_answered=False, error=error)
        if has_answered and not candidate.is_fallback:
            with _harming_nobody():
                closing.close(key_of(candidate))


@contextmanager
def _harming_nobody() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError):
        logger.warning("circuits could not be read or written", exc_info=True)


def _shown(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"
