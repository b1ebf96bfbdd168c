"""No order of sending, editing, choosing and reconnecting lets two readers see different things."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts.models import User
from personas.models import Persona
from tests.chat.path_machine import PathMachine


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.timeout(180)
def test_readers_see_the_path_that_is_stored_and_nothing_is_lost(
    alice: User, jane: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PathMachine, "owner", alice, raising=False)
    for module in ("services", "dispatching"):
        monkeypatch.setattr(f"chat.{module}.dispatch", lambda turn_id, mode: None)

    run_state_machine_as_test(
        PathMachine,
        settings=settings(
            max_examples=30 if connection.vendor == "sqlite" else 12,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
