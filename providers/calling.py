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
    if progress.usage is None:
        raise StreamUnreadable("the stream ended without saying that it was complete")


class _Clock:
    """The time limits of one call: which of them comes next, and which one was passed."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._now = asyncio.get_running_loop().time
        self._ends_at = self._now() + limits.provider_timeout
        self.timeout = asyncio.timeout_at(min(self._ends_at, self._now() + limits.first_token_timeout))

    def text_came(self) -> None:
        self.timeout.reschedule(min(self._ends_at, self._now() + self._limits.silence_timeout))

    def end_came(self) -> None:
        self.timeout.reschedule(self._now() + _SECONDS_AFTER_THE_END)

    def limit_passed(self, progress: CallProgress) -> ProviderError:
        limits = self._limits
        if self.timeout.when() == self._ends_at:
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
