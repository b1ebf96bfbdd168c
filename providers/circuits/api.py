"""Circuits over the API."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from providers.circuits.closing import circuit_by_id, reset_circuit
from providers.circuits.models import Circuit
from providers.circuits.reading import all_circuits, seconds_left
from providers.engine_settings import current_limits

router = Router(tags=["diagnostics"])


class CircuitOut(Schema):
    """`seconds_left`: of the time for which nobody calls; while half open, of the probe's.

    `not_before`: the provider asked to be left alone until then.
    """

    id: int
    provider: str
    model: str
    state: Literal["closed", "open", "half_open"]
    since: datetime
    failures: int
    seconds_left: float
    not_before: datetime | None
    error_code: str
    error_message: str
    failed_at: datetime | None


def _form(circuit: Any, timeout: float) -> dict[str, Any]:
    names = ("id", "provider", "model", "state", "failures", "not_before", "error_code", "error_message")
    left = seconds_left(circuit, circuit.now, timeout=timeout)
    return {name: getattr(circuit, name) for name in names} | {
        "since": circuit.changed_at,
        "failed_at": circuit.failed_at,
        "seconds_left": round(left, 1),
    }


@router.get(
    "/circuits",
    response={200: list[CircuitOut], 401: ErrorOut, 403: ErrorOut},
    summary="The circuits of providers",
)
def list_circuits(request: HttpRequest) -> list[dict[str, Any]]:
    """One for each provider and model that ever failed; what is not listed is closed."""
    user_of(request, Right.READ_DIAGNOSTICS)
    timeout = current_limits().circuit_breaker_timeout
    return [_form(circuit, timeout) for circuit in all_circuits()]


@router.post(
    "/circuits/{circuit_id}/reset",
    response={200: CircuitOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut},
    summary="Close a circuit and forget its failures",
)
def reset(request: HttpRequest, circuit_id: int) -> dict[str, Any]:
    """Do it again as often as you like: a clean circuit stays as it is."""
    user = user_of(request, Right.CHANGE_ENGINE)
    circuit: Circuit = circuit_by_id(circuit_id)
    reset_circuit(circuit, actor=user)
    return _form(circuit_by_id(circuit_id), current_limits().circuit_breaker_timeout)
