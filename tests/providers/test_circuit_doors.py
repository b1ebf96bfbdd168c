"""Staff see circuits and reset them, in admin and over the API; the metrics tell of them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit.models import AuditEntry
from core import events
from diagnostics.figures import exposition
from providers.circuits import transitions
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.transitions import Key
from providers.errors import ServerFailed
from providers.models import Provider

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "admin:providers_circuit_changelist"


@pytest.fixture
def circuit(db) -> Circuit:
    Provider.objects.create(name="main", kind="scripted", model="echo")
    for _ in range(2):
        transitions.count_failure(Key("main", "echo"), ServerFailed("the provider failed (500)"), threshold=2)
    return Circuit.objects.get()


@pytest.fixture
def told(monkeypatch) -> list[tuple[str, dict[str, object]]]:
    told: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(events, "_listeners", [lambda kind, facts: told.append((kind, facts))])
    return told


def test_an_open_circuit_is_listed_with_its_last_error_and_the_time_it_has_left(
    circuit, vic, as_user
) -> None:
    [listed] = as_user(vic).get("/api/circuits").json()

    assert (listed["provider"], listed["model"], listed["state"]) == ("main", "echo", "open")
    assert (listed["failures"], listed["error_code"]) == (2, "server_failed")
    assert listed["error_message"] == "the provider failed (500)"
    assert 0 < listed["seconds_left"] <= 60


def test_the_circuit_of_a_provider_that_is_gone_is_not_listed(circuit, sue, as_user) -> None:
    Provider.objects.all().delete()

    assert as_user(sue).get("/api/circuits").json() == []
    assert as_user(sue).post(f"/api/circuits/{circuit.pk}/reset").status_code == 404


def test_a_reset_over_the_api_closes_it_and_is_audited_and_told(circuit, sue, as_user, told) -> None:
    answer = as_user(sue).post(f"/api/circuits/{circuit.pk}/reset").json()

    assert (answer["state"], answer["failures"], answer["seconds_left"]) == ("closed", 0, 0)
    entry = AuditEntry.objects.get(action="circuit.reset")
    assert (entry.actor, entry.target) == ("sue", "main · echo")
    assert told == [("circuit_reset", {"provider": "main", "model": "echo", "by": "sue"})]


def test_a_second_reset_changes_nothing_and_tells_nothing(circuit, sue, as_user, told) -> None:
    for _ in range(2):
        assert as_user(sue).post(f"/api/circuits/{circuit.pk}/reset").status_code == 200

    assert len(told) == 1
    assert AuditEntry.objects.filter(action="circuit.reset").count() == 1


def test_admin_shows_the_state_by_shape_and_word(circuit, sue, as_user) -> None:
    page = as_user(sue).get(reverse(LIST)).content.decode()

    assert "○ open" in page
    assert "the provider failed (500)" in page


def test_admin_resets_what_is_chosen(circuit, sue, as_user) -> None:
    answer = reset_in_admin(as_user(sue), circuit)

    assert "The circuit of main · echo was reset." in answer.content.decode()
    assert Circuit.objects.get().state == CircuitState.CLOSED
    assert AuditEntry.objects.filter(action="circuit.reset").exists()


def test_who_may_only_look_resets_nothing(circuit, vic, as_user) -> None:
    vic.is_staff = True
    vic.save()
    page = as_user(vic).get(reverse(LIST)).content.decode()
    reset_in_admin(as_user(vic), circuit)

    assert "○ open" in page
    assert "Reset: close" not in page
    assert Circuit.objects.get().state == CircuitState.OPEN


def test_nobody_adds_changes_or_deletes_circuits_in_admin(circuit, sue, as_user) -> None:
    client = as_user(sue)

    assert client.get(reverse("admin:providers_circuit_add")).status_code == 403
    assert client.post(reverse("admin:providers_circuit_delete", args=[circuit.pk])).status_code == 403
    assert client.post(reverse("admin:providers_circuit_change", args=[circuit.pk])).status_code == 403
    assert client.get(reverse("admin:providers_circuit_change", args=[circuit.pk])).status_code == 200


def test_the_metrics_tell_its_state(circuit, monkeypatch) -> None:
    monkeypatch.setattr(exposition, "KEPT_SECONDS", -1.0)
    text = Client().get("/metrics").content.decode()

    assert 'valis_circuit_state{model="echo",provider="main",state="open"} 1.0' in text
    assert 'valis_circuit_state{model="echo",provider="main",state="closed"} 0.0' in text


def reset_in_admin(client: Client, circuit: Circuit):
    return client.post(reverse(LIST), {"action": "reset", "_selected_action": [circuit.pk]}, follow=True)
