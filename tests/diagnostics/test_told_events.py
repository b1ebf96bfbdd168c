"""What is told of as it happens: replies, failures, changes by staff. No text of a message is in it."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from chat.answering import answer_turn
from chat.services import stop_turn, submit_message
from core import events
from personas.models import Persona
from providers.models import EngineSettings, Provider
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told() -> Iterator[Told]:
    told: Told = []

    def hear(kind: str, facts: dict[str, Any]) -> None:
        if kind != "config_updated":  # the providers that a test makes
            told.append((kind, facts))

    events.listen(hear)
    yield told
    events.ignore(hear)


def kinds(told: Told) -> list[str]:
    return [kind for kind, _ in told]


def test_a_failure_a_failover_and_the_reply(
    alice: User, jane: Persona, provider, quick_engine: EngineSettings, told: Told
) -> None:
    provider("status:500", name="first", priority=1)
    provider("say:Good evening.", name="second", priority=2)
    turn = submit_message(alice, text="Something private", client_id="one").turn

    answer_turn(turn.pk)

    assert kinds(told) == ["call_failed", "failover", "reply_completed"]
    facts = dict(told)
    assert facts["call_failed"]["provider"] == "first"
    assert facts["failover"] == {"turn": turn.pk, "provider": "first", "to": "second"}
    assert (facts["reply_completed"]["provider"], facts["reply_completed"]["failovers"]) == ("second", 1)
    assert "private" not in str(told) and "Good evening" not in str(told)


def test_a_waiting_reply_that_is_stopped(alice: User, jane: Persona, told: Told) -> None:
    stop_turn(submit_message(alice, text="Hello", client_id="one").turn)

    assert kinds(told) == ["reply_cancelled"]


def test_a_change_of_a_provider_in_admin(sue: User, as_user, provider, told: Told) -> None:
    row = provider("say:hi", name="main")

    as_user(sue).post("/admin/providers/provider/", {"action": "delete_selected", "_selected_action": row.pk,
                                                     "post": "yes"})  # fmt: skip

    assert not Provider.objects.filter(pk=row.pk).exists()
    assert told == [("provider_deleted", {"name": "main"})]


def test_a_name_that_is_locked_is_told_of_without_the_name(alice: User, client, told: Told) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"username": "alice", "password": f"not {PASSWORD}"})

    assert told == [("login_locked", {})]
