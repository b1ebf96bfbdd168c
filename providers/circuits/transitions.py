"""The states of a circuit. Only this module changes them, each time by a conditional UPDATE.

    closed ──failures in a row──▶ open ──its time is over──▶ half open ──answer──▶ closed
       ▲                           ▲ ▲                         │    │
       │                           │ └────────failure──────────┘    │
       └──────────reset────────────┴────────────release─────────────┘

Times are the database's. The number of the probe is the fence: a probe whose lease was over and that
was followed by another one changes nothing. Functions return whether they changed the state.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from providers.circuits.models import Circuit, CircuitState
from providers.errors import ProviderError

LONGEST_RETRY_AFTER = 900.0
"""Seconds. A provider that asks for more is asked again after that."""
_CLEAN: dict[str, Any] = {
    "state": CircuitState.CLOSED,
    "failures": 0,
    "opened_at": None,
    "probe_until": None,
    "not_before": None,
}


@dataclass(frozen=True, slots=True)
class Key:
    """What a circuit is for, in the lengths that are stored."""

    provider: str
    model: str

    @property
    def row(self) -> QuerySet[Circuit]:
        return Circuit.objects.filter(provider=self.provider, model=self.model)


def is_unclean() -> Q:
    """Condition: there is something that a call has to know, or that its answer clears."""
    return ~Q(state=CircuitState.CLOSED) | Q(failures__gt=0) | Q(not_before__gt=Now())


def count_failure(key: Key, error: ProviderError, *, threshold: int) -> bool:
    """Count a failed call that was no probe; True when this opened the circuit."""
    if not (error.is_counted or error.retry_after):
        return False
    told = _told_by(error)
    if not error.is_counted:
        _store(key, key.row, told)
        return False
    closed = key.row.filter(state=CircuitState.CLOSED)
    _store(key, closed, told | {"failures": F("failures") + 1})
    opened = closed.filter(failures__gte=threshold)
    return bool(opened.update(state=CircuitState.OPEN, opened_at=Now(), changed_at=Now()))


def clear_failures(key: Key) -> None:
    """A call was answered: the next failure is the first one again."""
    key.row.filter(state=CircuitState.CLOSED, failures__gt=0).update(failures=0)


def take_probe(key: Key, *, seen: int, timeout: float, lease: float) -> bool:
    """Begin the probe after number `seen`, if the circuit has been open for `timeout` seconds or the
    one before it was lost. True for one caller alone, who is probe number `seen` + 1.
    """
    is_due = Q(state=CircuitState.OPEN, opened_at__lte=Now() - timedelta(seconds=timeout))
    is_lost = Q(state=CircuitState.HALF_OPEN, probe_until__lt=Now())
    return bool(
        key.row.filter(is_due | is_lost, probe=seen).update(
            state=CircuitState.HALF_OPEN,
            changed_at=Now(),
            probe=F("probe") + 1,
            probe_until=Now() + timedelta(seconds=lease),
        )
    )


def close_by_probe(key: Key, probe: int) -> bool:
    return bool(_probing(key, probe).update(changed_at=Now(), **_CLEAN))


def reopen_by_probe(key: Key, probe: int, error: ProviderError) -> bool:
    return bool(
        _probing(key, probe).update(
            **_told_by(error),
            state=CircuitState.OPEN,
            changed_at=Now(),
            opened_at=Now(),
            failures=F("failures") + 1,
            probe_until=None,
        )
    )


def release_probe(key: Key, probe: int) -> bool:
    """The probe ended without telling anything: the next call is one."""
    return bool(_probing(key, probe).update(state=CircuitState.OPEN, changed_at=Now(), probe_until=None))


def make_clean(row: QuerySet[Circuit]) -> bool:
    """As if nothing had happened, whatever the state; a probe under way changes nothing any more."""
    changed = row.filter(is_unclean())
    return bool(changed.update(changed_at=Now(), probe=F("probe") + 1, **_CLEAN))


def _probing(key: Key, probe: int) -> QuerySet[Circuit]:
    return key.row.filter(state=CircuitState.HALF_OPEN, probe=probe)


def _told_by(error: ProviderError) -> dict[str, Any]:
    told: dict[str, Any] = {"error_code": error.code[:40], "error_message": str(error), "failed_at": Now()}
    if error.retry_after:
        told["not_before"] = Now() + timedelta(seconds=min(error.retry_after, LONGEST_RETRY_AFTER))
    return told


def _store(key: Key, row: QuerySet[Circuit], values: dict[str, Any]) -> None:
    """Update the row. Where there is none yet, begin it; others may do so at the same moment."""
    if not row.update(**values):
        Circuit.objects.bulk_create([Circuit(provider=key.provider, model=key.model)], ignore_conflicts=True)
        row.update(**values)


def circuits_of_drill(drill: int) -> QuerySet[Circuit]:
    """As `providers.drills.reading.Part` names them."""
    return Circuit.objects.filter(provider__endswith=f" (drill {drill})")


def forget(circuits: QuerySet[Circuit]) -> None:
    """What they were for is over."""
    circuits.delete()
