"""Times the gate's own parts, one call after the other. Run by `Running.told`."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from personas.loading import load_shipped
from personas.models import Persona
from providers.calls import CallRequest, Utterance
from providers.circuits.guarding import Circuits
from providers.engine_settings import current_limits
from providers.models import EngineSettings, Provider
from providers.stopping import StopSignal
from usage.caps import DailyCap
from usage.ledger import Account, LedgerMeter
from usage.metering import answer
from usage.models import Purpose

WARM_UP = 20
_PARTS = {
    "ledger, without caps": [(LedgerMeter, "opened"), (LedgerMeter, "closed")],
    "caps": [(DailyCap, "wait_in_line"), (DailyCap, "check")],
    "circuits": [(Circuits, name) for name in ("look", "refusal", "enter", "leave")],
}


def measure(calls: int) -> None:
    load_shipped()
    EngineSettings.objects.update_or_create(pk=1, defaults={"daily_token_cap": 10**9})
    Provider.objects.create(name="here", kind="scripted", model="say:Yes.")
    for _ in range(WARM_UP):
        _call()
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(calls):
        spent: dict[str, float] = defaultdict(float)
        with _timed(spent):
            _call()
        spent["ledger, without caps"] -= spent["caps"]  # which are asked inside
        for name, seconds in (spent | {"all of them": sum(spent.values())}).items():
            taken[name].append(seconds * 1000)
    print("| part | p50 ms |\n| --- | ---: |")
    for name, each in taken.items():
        print(f"| {name} | {statistics.median(each):.2f} |")


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Adds the seconds of each part to `spent`, by its name."""

    def timing(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] += time.perf_counter() - started

        return timed

    with ExitStack() as stack:
        for name, methods in _PARTS.items():
            for owner, method in methods:
                stack.enter_context(patch.object(owner, method, timing(name, getattr(owner, method))))
        yield


def _call() -> None:
    jane = Persona.objects.only("pk").get(slug="jane")
    events = answer(
        CallRequest(system="You are Jane.", messages=(Utterance("user", "Are you there?"),)),
        cascade=("here",),
        limits=current_limits(),
        account=Account(Purpose.CHAT, persona_id=jane.pk, persona_slug="jane"),
        on_text=lambda text: None,
        stop=StopSignal(),
    )
    for _ in events:
        pass
