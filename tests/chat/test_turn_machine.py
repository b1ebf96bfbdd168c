"""The state machine of a turn finds no order of events that breaks a promise."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts.models import User
from personas.models import Persona
from tests.chat.turn_machine import TurnMachine


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.timeout(120)
def test_no_order_of_events_loses_doubles_or_mixes_a_reply(
    alice: User, jane: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TurnMachine, "owner", alice, raising=False)
    monkeypatch.setattr("chat.services.dispatch", lambda turn_id, mode: None)

    run_state_machine_as_test(
        TurnMachine,
        settings=settings(
            max_examples=70 if connection.vendor == "sqlite" else 40,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
