"""No order of events opens a circuit too early or too late, or lets two probes through."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.providers.circuit_machine import CircuitMachine


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.timeout(120)
def test_no_order_of_events_breaks_a_circuit() -> None:
    run_state_machine_as_test(
        CircuitMachine,
        settings=settings(
            max_examples=60 if connection.vendor == "sqlite" else 40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
