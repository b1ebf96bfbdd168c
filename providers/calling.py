"""One call to one provider, on the engine loop, within its time limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from providers.base import BaseProvider
from providers.calls import CallRequest, Finished, StreamEvent, Usage, estimate_tokens
from providers.cleaning import TextCleaner
from providers.errors import ProviderError, StreamUnreadable, TimeLimitPassed
from providers.limits import EngineLimits

MAX_REPLY_CHARACTERS = 400_000
_PROBE_SECONDS = 2.0
_SECONDS_AFTER_THE_END = 0.5
_STOOD_STILL, _MOMENT = 0.5, 1.0
"""Seconds by which a limit is noticed too late, and what is given then to read what has come."""

OnText = Callable[[str], None]


@dataclass(slots=True)
class CallProgress:
    """What is known of a call while it runs, also when it ends badly. Times in seconds."""

    started: float = 0.0
    first_token: float | None = None
    characters: int = 0
    is_blank: bool = True
    usage: Usage | None = None
    is_cut: bool = False

    def elapsed(self) -> float:
        return time.perf_counter() - self.started if self.started else 0.0


async def why_absent(provider: BaseProvider) -> str:
    """Why a call would find nobody, or an empty string: also when that takes too long to find out."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            is_there = await provider.is_available()
    except ProviderError as error:
        return str(error)
    except TimeoutError:
        return ""
    address = provider.config.base_url
    return "" if is_there else f"nothing listens at {address}" if address else "nobody is there"


async def run_call(
    provider: BaseProvider,
    request: CallRequest,
    *,
    limits: EngineLimits,
    progress: CallProgress,
    on_text: OnText,
) -> None:
    """Stream one reply into `on_text`; raises `ProviderError` when it is not complete at the end."""
    progress.started = time.perf_counter()
    clock = _Clock(limits)
    try:
        async with clock.timeout, aclosing(provider.stream(request)) as events:
            await _read(events, clock, progress, on_text)
    except TimeoutError:
        if not clock.timeout.expired():
            raise
        if progress.usage is None:
            raise clock.limit_passed(progress) from None
    except ProviderError:
        # What goes wrong after the end takes nothing from a reply that is complete.
        if progress.usage is None:
            raise
    finally:
        clock.stop()
    if progress.usage is None:
        raise StreamUnreadable("the stream ended without saying that it was complete")


class _Clock:
    """The time limits of one call: which of them comes next, and which one was passed.

    Where this process stood still itself, text may have come that nobody has read yet: it is given a moment.
    """

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._ends_at = self._now() + limits.provider_timeout
        self._due = min(self._ends_at, self._now() + limits.first_token_timeout)
        self._is_forgiven = False
        self.timeout = asyncio.timeout(None)
        self._look_at(self._due)

    def text_came(self) -> None:
        self._is_forgiven = False
        self._set(min(self._ends_at, self._now() + self._limits.silence_timeout))

    def end_came(self) -> None:
        self._set(self._now() + _SECONDS_AFTER_THE_END)

    def stop(self) -> None:
        self._looking.cancel()

    def _set(self, due: float) -> None:
        """A later limit is seen when the earlier one comes: with each token there is nothing to arrange."""
        self._due = due
        if due < self._looking.when():
            self._looking.cancel()
            self._look_at(due)

    def _look_at(self, moment: float) -> None:
        self._looking = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        now = self._now()
        if now < self._due:
            self._look_at(self._due)
        elif now - self._looking.when() > _STOOD_STILL and not self._is_forgiven:
            self._is_forgiven = True
            self._look_at(now + _MOMENT)
        else:
            self.timeout.reschedule(now)

    def limit_passed(self, progress: CallProgress) -> ProviderError:
        limits = self._limits
        if self._due == self._ends_at:
            return TimeLimitPassed(f"not complete after {limits.provider_timeout:g} s")
        if progress.first_token is None:
            return TimeLimitPassed(f"no first token within {limits.first_token_timeout:g} s")
        return TimeLimitPassed(f"silent for {limits.silence_timeout:g} s in the middle of the reply")


async def _read(
    events: AsyncIterator[StreamEvent], clock: _Clock, progress: CallProgress, on_text: OnText
) -> None:
    cleaner = TextCleaner()
    async for event in events:
        if progress.usage is not None:
            return
        if isinstance(event, Finished):
            _finish(event, progress)
            clock.end_came()
        elif text := cleaner.feed(event.text):
            _take(text, progress, on_text)
            clock.text_came()


def _take(text: str, progress: CallProgress, on_text: OnText) -> None:
    if progress.first_token is None:
        progress.first_token = progress.elapsed()
    progress.characters += len(text)
    progress.is_blank = progress.is_blank and text.isspace()
    if progress.characters > MAX_REPLY_CHARACTERS:
        raise StreamUnreadable(f"the reply is longer than {MAX_REPLY_CHARACTERS:,} characters")
    on_text(text)


def _finish(event: Finished, progress: CallProgress) -> None:
    if progress.is_blank:
        raise StreamUnreadable("the reply was empty")
    progress.usage = event.usage
    progress.is_cut = event.is_cut


def usage_of(progress: CallProgress, request: CallRequest) -> Usage:
    """What the provider said, or an estimate where it said nothing."""
    if progress.usage is not None and progress.usage.tokens_out:
        return progress.usage
    if not progress.characters:
        return Usage(is_estimated=True)
    return Usage(
        tokens_in=estimate_tokens(request.system, *(each.text for each in request.messages)),
        tokens_out=progress.characters // 4 + 1,
        is_estimated=True,
    )
