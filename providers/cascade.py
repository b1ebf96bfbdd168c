"""The cascade: providers one after the other, in rounds, until one of them has answered.

Plain synchronous code in the caller's thread; only one call at a time is a coroutine on the engine
loop. Text goes straight from there to `on_text`; everything else is yielded to the caller, who gets a
`Pulse` at least once a second and can do its housekeeping then.
"""

import random
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

from core.loop import run_on_loop
from core.threads import give_back_connections
from providers.calling import CallProgress, OnText, run_call, usage_of
from providers.calls import CallRequest, Usage
from providers.cascade_events import Answered, CascadeEvent, Meter, Pulse, Restarted, Trying, Unanswered
from providers.circuits.guarding import CircuitGuard, NoCircuits
from providers.errors import CapReached, ProviderError, ProviderSkipped, TimeLimitPassed
from providers.instances import instance_for, reason_to_skip
from providers.limits import EngineLimits
from providers.lineup import Candidate
from providers.places import CallPlace, all_are_busy
from providers.stopping import CallStopped, StopSignal
from providers.story import Outcome, Step

__all__ = ["Answered", "Cascade", "CascadeEvent", "Meter", "Pulse", "Restarted", "Trying", "Unanswered"]

PULSE_SECONDS = 1.0
_LEAST_SECONDS = 0.5


@dataclass(slots=True)
class _Place:
    """A candidate in this walk: whether, and from when on, it may be asked again."""

    candidate: Candidate
    is_open: bool = True
    not_before: float = 0.0


class Cascade:
    """One walk through the candidates, the last of which is the fallback voice, for one reply."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        request: CallRequest,
        *,
        limits: EngineLimits,
        meter: Meter,
        on_text: OnText,
        stop: StopSignal,
        circuits: CircuitGuard | None = None,
        may_fall_back: bool = True,
    ) -> None:
        *others, self._fallback = candidates
        self._places = [_Place(candidate) for candidate in others]
        self._request = request
        self._schedule = limits.retry_schedule
        self._place_wait = limits.place_wait
        self._meter = meter
        self._circuits = circuits or NoCircuits()
        self._may_fall_back = may_fall_back
        self._on_text = on_text
        self._stop = stop
        self._ends_at = time.monotonic() + limits.reply_deadline
        self._steps: list[Step] = []
        self._round = 1
        self._waited = 0.0
        self._broken_off = ""
        self._notice = ""

    def walk(self) -> Generator[CascadeEvent]:
        """Ends with `Answered`, or with `Unanswered` where it may not fall back.

        Raises `CallStopped`, with the story so far, when the signal was set.
        """
        try:
            yield from self._rounds()
        except CallStopped as stopped:
            raise CallStopped(stopped.reason, tuple(self._steps)) from None

    def _rounds(self) -> Iterator[CascadeEvent]:
        while True:
            self._circuits.look([each.candidate for each in self._places if each.is_open])
            for place in self._places:
                may_be_asked = place.is_open and time.monotonic() >= place.not_before
                if may_be_asked and (yield from self._ask(place)):
                    return
            if not (yield from self._pause()):
                break
        if not self._may_fall_back:
            yield Unanswered(tuple(self._steps))
            return
        self._round = 0
        if not (yield from self._ask(_Place(self._fallback))):
            raise RuntimeError(f"the fallback voice gave no answer: {self._steps[-1].message}")

    def _pause(self) -> Generator[CascadeEvent, None, bool]:
        """Wait until somebody may be asked again; False when nobody may, or not before the deadline."""
        open_places = [place for place in self._places if place.is_open]
        if not open_places or self._round > len(self._schedule):
            return False
        now = time.monotonic()
        pause = self._schedule[self._round - 1] * random.uniform(0.8, 1.2)  # noqa: S311  # nosec B311
        until = max(now + pause, min(place.not_before for place in open_places))
        if until >= self._ends_at:
            return False
        self._round += 1
        self._waited = until - now
        while (left := until - time.monotonic()) > 0:
            give_back_connections()
            if self._stop.wait(min(left, PULSE_SECONDS)):
                raise CallStopped(self._stop.reason)
            yield Pulse()
        return True

    def _ask(self, place: _Place) -> Generator[CascadeEvent, None, bool]:
        """Ask one candidate. True when it answered; else the place knows whether it may be asked again."""
        place.is_open = False
        progress = CallProgress()
        if self._stop.is_set:
            raise CallStopped(self._stop.reason)
        if reason := self._reason_to_skip(place):
            self._note(place.candidate, progress, Outcome.SKIPPED, "skipped", reason)
            return False
        with CallPlace(place.candidate) as call_place:
            yield from self._wait_for(call_place)
            if not call_place.is_held:
                busy = all_are_busy(place.candidate.places or 0)
                self._note(place.candidate, progress, Outcome.SKIPPED, "places_busy", busy)
                return False
            if refusal := self._circuits.enter(place.candidate):
                self._note(place.candidate, progress, Outcome.SKIPPED, "skipped", refusal)
                return False
            return (yield from self._call(place, progress, call_place))

    def _wait_for(self, call_place: CallPlace) -> Iterator[CascadeEvent]:
        began = time.monotonic()
        seconds = min(self._place_wait, self._ends_at - began - _LEAST_SECONDS)
        for _ in call_place.waiting(self._stop, seconds=seconds):
            self._waited = time.monotonic() - began
            yield Pulse()

    def _call(
        self, place: _Place, progress: CallProgress, call_place: CallPlace
    ) -> Generator[CascadeEvent, None, bool]:
        candidate = self._within_deadline(place.candidate)
        request = replace(self._request, model=candidate.config.model, notice=self._notice)
        if self._broken_off:
            yield Restarted(self._broken_off)
            self._broken_off = ""
        try:
            call = self._meter.opened(candidate, request)
        except CapReached as reached:
            self._notice = reached.notice
            self._note(candidate, progress, Outcome.SKIPPED, reached.code, str(reached))
            self._leave(place, candidate, Outcome.SKIPPED, None)
            return False
        outcome, code, message = Outcome.STOPPED, "internal_error", ""
        failure: ProviderError | None = None
        try:
            yield Trying(candidate)
            yield from self._run(candidate, request, progress, call_place)
            outcome, code = Outcome.ANSWERED, ""
        except ProviderError as error:
            outcome = Outcome.SKIPPED if isinstance(error, ProviderSkipped) else Outcome.FAILED
            code, message, failure = error.code, str(error), error
            self._after_failure(place, progress, error)
        except CallStopped as stopped:
            code = stopped.reason
            raise
        except GeneratorExit:
            code = "abandoned"
            raise
        finally:
            step = self._note(candidate, progress, outcome, code, message)
            usage = Usage() if candidate.fails_on_purpose else usage_of(progress, request)
            self._meter.closed(call, step, usage)
            self._leave(place, candidate, outcome, failure)
        if outcome is Outcome.ANSWERED:
            yield Answered(candidate, usage, tuple(self._steps), progress.is_cut)
        return outcome is Outcome.ANSWERED

    def _reason_to_skip(self, place: _Place) -> str:
        candidate = place.candidate
        if candidate.is_fallback or candidate.skip_reason:
            return candidate.skip_reason
        if refusal := self._circuits.refusal(candidate):
            if refusal.seconds:
                self._ask_again_after(place, refusal.seconds)
            return refusal.reason
        if reason := reason_to_skip(candidate):
            return reason
        # Looked at last: a provider's first preparations may take seconds.
        return "no time left for this reply" if self._ends_at - time.monotonic() < _LEAST_SECONDS else ""

    def _leave(
        self, place: _Place, candidate: Candidate, outcome: Outcome, failure: ProviderError | None
    ) -> None:
        """Tell the circuit. It is not the provider's fault when its time was cut short."""
        is_cut_short = candidate.limits.provider_timeout < place.candidate.limits.provider_timeout
        if is_cut_short and isinstance(failure, TimeLimitPassed):
            failure = None
        self._circuits.leave(candidate, has_answered=outcome is Outcome.ANSWERED, error=failure)

    def _within_deadline(self, candidate: Candidate) -> Candidate:
        if candidate.is_fallback:
            return candidate
        left = self._ends_at - time.monotonic()
        longest = min(candidate.limits.provider_timeout, left)
        limits = candidate.limits.model_copy(update={"provider_timeout": longest})
        return replace(candidate, limits=limits)

    def _run(
        self, candidate: Candidate, request: CallRequest, progress: CallProgress, call_place: CallPlace
    ) -> Iterator[CascadeEvent]:
        call: Future[None] = run_on_loop(
            run_call(
                instance_for(candidate),
                request,
                limits=candidate.limits,
                progress=progress,
                on_text=self._on_text,
            )
        )
        self._stop.cancels(call.cancel)
        try:
            while not _is_done(call):
                call_place.keep()
                yield Pulse()
        finally:
            self._stop.cancels(None)
            call.cancel()
        if call.cancelled():
            raise CallStopped(self._stop.reason)
        call.result()

    def _after_failure(self, place: _Place, progress: CallProgress, error: ProviderError) -> None:
        if progress.first_token is not None:
            self._broken_off = f"{place.candidate.config.name} broke off: {error}"
        if error.retryable:
            self._ask_again_after(place, error.retry_after or 0.0)

    def _ask_again_after(self, place: _Place, seconds: float) -> None:
        place.not_before = time.monotonic() + seconds
        place.is_open = place.not_before < self._ends_at

    def _note(
        self, candidate: Candidate, progress: CallProgress, outcome: Outcome, code: str, message: str
    ) -> Step:
        first, is_staged = progress.first_token, candidate.fails_on_purpose
        step = Step(
            provider=candidate.config.name,
            kind=candidate.config.kind,
            label=candidate.label,
            model=candidate.config.model,
            outcome=outcome,
            round=self._round,
            code=code,
            message=f"drill: {message}" if is_staged and outcome is Outcome.FAILED else message,
            drill=candidate.drill.drill if candidate.drill and is_staged else None,
            waited_ms=round(self._waited * 1000),
            first_token_ms=None if first is None else round(first * 1000, 1),
            duration_ms=round(progress.elapsed() * 1000, 1),
        )
        self._waited = 0.0
        self._steps.append(step)
        return step


def _is_done(call: "Future[None]") -> bool:
    give_back_connections()
    return bool(wait([call], PULSE_SECONDS).done)
