"""How circuits stand now, by the database's clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from core.queries import AnyRow
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.transitions import Key, is_unclean
from providers.lineup import Candidate
from providers.models import Provider


@dataclass(frozen=True, slots=True)
class Standing:
    """A circuit as it was read. Seconds count from then on; none left means that a probe may begin."""

    state: CircuitState
    probe: int
    seconds_left: float
    """Of its time as an open one, or of its probe's lease."""
    pause_left: float
    """Of the time for which the provider asked to be left alone."""


_is_any_unclean = AnyRow(lambda: Circuit.objects.filter(is_unclean()))


def key_of(candidate: Candidate) -> Key:
    """A drill has circuits of its own, so that it opens nobody else's."""
    name = candidate.config.name
    return Key(candidate.drill.circuit(name) if candidate.drill else name[:40], candidate.config.model[:120])


def standing_of(candidates: Iterable[Candidate], *, timeout: float) -> dict[Key, Standing]:
    """Those a call has to know of; circuits that are in order are not in it."""
    names = {key_of(each).provider for each in candidates if not (each.is_fallback or each.skip_reason)}
    if not (names and _is_any_unclean()):
        return {}
    rows = (
        Circuit.objects.filter(is_unclean(), provider__in=names)
        .order_by()
        .values_list(
            *("provider", "model", "state", "probe", "opened_at", "probe_until", "not_before"), Now()
        )
    )
    return {
        Key(provider, model): Standing(
            state=CircuitState(state),
            probe=probe,
            seconds_left=_left_of(opened_at, probe_until, now, timeout),
            pause_left=_left(not_before, now),
        )
        for provider, model, state, probe, opened_at, probe_until, not_before, now in rows
    }


def all_circuits() -> QuerySet[Circuit]:
    """Of the providers there are; what is left of others tells nothing. `now` is the database's."""
    return Circuit.objects.filter(provider__in=Provider.objects.values("name")).annotate(now=Now())


def seconds_left(circuit: Circuit, now: datetime, *, timeout: float) -> float:
    """For how long nobody calls, or nobody but the probe."""
    return max(0.0, _left_of(circuit.opened_at, circuit.probe_until, now, timeout))


def _left_of(
    opened_at: datetime | None, probe_until: datetime | None, now: datetime, timeout: float
) -> float:
    return _left(probe_until, now) if probe_until else _left(opened_at, now, timeout)


def _left(moment: datetime | None, now: datetime, plus: float = 0.0) -> float:
    return (moment - now).total_seconds() + plus if moment else 0.0
