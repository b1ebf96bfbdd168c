"""Staff see the circuits here, and reset them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.guarded_admin import Guarded
from accounts.models import User
from accounts.requests import user_of
from accounts.rights import Right
from providers.circuits.closing import reset_circuit
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.reading import all_circuits, seconds_left
from providers.engine_settings import current_limits

_SHAPES = {CircuitState.CLOSED: "●", CircuitState.HALF_OPEN: "◐", CircuitState.OPEN: "○"}


@admin.register(Circuit)
class CircuitAdmin(Guarded, ModelAdmin):
    """For reading; a reset goes through the same service as over the API, which keeps the record of it."""

    view_right = Right.READ_DIAGNOSTICS
    list_display = (
        *("provider", "model", "shown_state", "since", "failures"),
        *("calls_pass_again", "error_message"),
    )
    list_filter = ("state",)
    actions = ("reset",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Circuit]:
        return all_circuits()

    @display(
        description="state",
        ordering="state",
        label={
            CircuitState.CLOSED: "success",
            CircuitState.HALF_OPEN: "warning",
            CircuitState.OPEN: "danger",
        },
    )
    def shown_state(self, circuit: Circuit) -> tuple[str, str]:
        state = CircuitState(circuit.state)
        return state, f"{_SHAPES[state]} {state.label.lower()}"

    @display(description="calls pass again", empty_value="")
    def calls_pass_again(self, circuit: Circuit) -> str:
        if circuit.state == CircuitState.CLOSED:
            return ""
        timeout = current_limits().circuit_breaker_timeout
        left = seconds_left(circuit, circuit.now, timeout=timeout)  # type: ignore[attr-defined]
        if circuit.state == CircuitState.HALF_OPEN:
            return "when one call was answered"
        return f"in {left:.0f} s, one at first" if left else "with the next one"

    @display(description="since", ordering="changed_at")
    def since(self, circuit: Circuit) -> str:
        return f"{timezone.localtime(circuit.changed_at):%Y-%m-%d %H:%M:%S}"

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.may(Right.CHANGE_ENGINE)

    @admin.action(description="Reset: close, and forget the failures", permissions=["reset"])
    def reset(self, request: HttpRequest, circuits: QuerySet[Circuit]) -> None:
        user = user_of(request, Right.CHANGE_ENGINE)
        for circuit in circuits:
            if reset_circuit(circuit, actor=user):
                messages.success(request, f"The circuit of {circuit} was reset.")
            else:
                messages.info(request, f"The circuit of {circuit} was in order.")
