"""Whether every part works, each asked for real and each within a time limit."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from celery import current_app
from django.db import connection

from core import live
from core.threads import in_database_thread
from diagnostics import writing
from diagnostics.signs import SCHEDULER, SCHEDULER_SILENCE, recent_sign
from diagnostics.tasks import canary
from providers.engine_settings import current_limits
from providers.instances import reason_to_skip
from providers.lineup import Candidate, line_up

State = Literal["ok", "degraded", "failing"]
PART_SECONDS = 2.0
_KNOCK_SECONDS = 0.6


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of VALIS and how it is; `took_ms` is how long finding out took."""

    name: str
    state: State
    took_ms: float
    detail: str


async def check_parts(*names: str) -> list[Part]:
    """The named parts, or all of them, at the same time."""
    chosen = names or tuple(_CHECKS)
    return list(await asyncio.gather(*(_check(name) for name in chosen)))


def overall(parts: list[Part]) -> State:
    states = {part.state for part in parts}
    return "failing" if "failing" in states else "degraded" if "degraded" in states else "ok"


async def _check(name: str) -> Part:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PART_SECONDS):
            finding = await _CHECKS[name]()
    except TimeoutError:
        finding = Finding("failing", f"no answer within {PART_SECONDS:g} s")
    except Exception as error:  # noqa: BLE001  (whatever is wrong is what is reported)
        finding = Finding("failing", type(error).__name__)
    return Part(name, finding.state, round((time.perf_counter() - started) * 1000, 1), finding.detail)


async def _database() -> Finding:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    await in_database_thread(ask)
    await writing.proof.asked()
    return Finding("ok", connection.vendor)


async def _broker() -> Finding:
    def ask() -> None:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=1)

    await asyncio.to_thread(ask)
    return Finding("ok")


async def _live_events() -> Finding:
    topic = f"canary:{uuid.uuid4().hex}"
    subscription = await live.subscribe(topic)
    try:
        live.publish(topic, {"type": "canary"})
        await subscription.next_entries()
    finally:
        subscription.close()
    return Finding("ok")


async def _workers() -> Finding:
    """A task is sent, and has to be run."""
    nonce = uuid.uuid4().hex
    subscription = await live.subscribe(f"canary:{nonce}")
    try:
        await asyncio.to_thread(canary.apply_async, (nonce,), expires=PART_SECONDS, retry=False)
        await subscription.next_entries()
    finally:
        subscription.close()
    return Finding("ok", "a task was run")


async def _scheduler() -> Finding:
    sign = await in_database_thread(recent_sign, SCHEDULER, silence=SCHEDULER_SILENCE)
    if sign is None:
        return Finding("failing", "no sign of life lately")
    return Finding("ok", f"last seen {sign.seen_at:%H:%M:%S} UTC")


async def _providers() -> Finding:
    """Whether anybody but the fallback voice could be asked. No model is called, only knocked at."""
    candidates = await in_database_thread(lambda: line_up((), current_limits()))
    others = [each for each in candidates if not each.is_fallback]
    why_not = {each.config.name: await _reason_to_skip(each) for each in others}
    ready = [name for name, reason in why_not.items() if not reason]
    if ready:
        return Finding("ok", f"ready: {', '.join(ready)}")
    reasons = "; ".join(f"{name}: {reason}" for name, reason in why_not.items())
    return Finding("degraded", f"only the fallback voice speaks ({reasons or 'no provider is enabled'})")


async def _reason_to_skip(candidate: Candidate) -> str:
    try:
        async with asyncio.timeout(_KNOCK_SECONDS):
            return await asyncio.to_thread(reason_to_skip, candidate)
    except TimeoutError:
        return f"no sign of it within {_KNOCK_SECONDS:g} s"


_CHECKS: dict[str, Callable[[], Awaitable[Finding]]] = {
    "database": _database,
    "broker": _broker,
    "live_events": _live_events,
    "workers": _workers,
    "scheduler": _scheduler,
    "providers": _providers,
}
READINESS = ("database", "broker", "live_events")
