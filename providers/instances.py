"""Provider instances by configuration, so that connections are kept and used again."""

import asyncio
import threading

from core.loop import engine_loop, run_on_loop
from providers.base import BaseProvider, ProviderConfig
from providers.calling import why_absent
from providers.drills.staging import FailingProvider
from providers.lineup import Candidate

_MAX_KEPT = 64
_LONGEST_CALL = 3600.0

_guard = threading.Lock()
_kept: dict[tuple[int, ProviderConfig], BaseProvider] = {}


def instance_for(candidate: Candidate) -> BaseProvider:
    """The instance of this configuration for the engine loop. May block: call it from a thread."""
    assert candidate.provider_class is not None
    if candidate.drill and candidate.drill.failure:
        return FailingProvider(candidate.config, candidate.drill.failure)
    key = (id(engine_loop()), candidate.config)
    with _guard:
        instance = _kept.pop(key, None)
        if instance is None:
            instance = candidate.provider_class(candidate.config)
            instance.open()
        _kept[key] = instance
        if len(_kept) > _MAX_KEPT:
            run_on_loop(_close_in_the_end(_kept.pop(next(iter(_kept)))))
        return instance


async def _close_in_the_end(instance: BaseProvider) -> None:
    """Calls may still be running on it, but none for longer than the greatest time limit."""
    await asyncio.sleep(_LONGEST_CALL)
    await instance.close()


def reason_to_skip(candidate: Candidate) -> str:
    """Why this candidate would not be asked now, or ''. Knocks at local servers: call it from a thread."""
    if candidate.skip_reason or candidate.is_fallback:
        return candidate.skip_reason
    provider = instance_for(candidate)
    return run_on_loop(why_absent(provider)).result() if provider.may_be_absent else ""
