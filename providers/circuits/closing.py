"""Closing a circuit from outside, because somebody knows better."""

from django.db import transaction

from accounts.audit.recording import record
from accounts.models import User
from core.errors import NotFound
from core.queries import row_or_none
from providers.circuits import noting, transitions
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.reading import all_circuits
from providers.circuits.transitions import Key


def close(key: Key) -> None:
    """Its provider was seen to answer."""
    if transitions.make_clean(key.row.exclude(state=CircuitState.CLOSED)):
        noting.note_closed(key)
    else:
        transitions.make_clean(key.row)


def circuit_by_id(circuit_id: int) -> Circuit:
    """Raises `NotFound(code="circuit_not_found")`."""
    circuit = row_or_none(all_circuits().filter(pk=circuit_id))
    if circuit is None:
        raise NotFound("There is no such circuit.", code="circuit_not_found", circuit=circuit_id)
    return circuit


def reset_circuit(circuit: Circuit, *, actor: User) -> bool:
    """Close it, forget its failures and any `Retry-After`. False when there was nothing to forget."""
    key = Key(circuit.provider, circuit.model)
    with transaction.atomic():
        was_changed = transitions.make_clean(key.row)
        if was_changed:
            record(
                "circuit.reset", actor=actor, target=circuit, name=str(circuit), state=circuit.state,
                failures=circuit.failures, error_code=circuit.error_code,
            )  # fmt: skip
    if was_changed:
        noting.note_reset(key, by=actor.get_username())
    return was_changed
