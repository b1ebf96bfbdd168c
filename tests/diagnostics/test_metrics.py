"""What Prometheus is told: true, of all processes together, and never going back."""

import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import F
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from chat.answering import answer_turn
from chat.services import create_session, stop_turn, submit_message
from core.metrics import REGISTRY
from diagnostics.figures import exposition as exposing
from diagnostics.figures import standing
from diagnostics.figures.reporting import Report
from diagnostics.figures.tidying import PAST, put_the_gone_together
from diagnostics.models import ProcessFigures
from diagnostics.tasks import tick
from personas.models import Persona
from providers.models import Provider
from tests.documents import ROOT, code_in, rows_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposing, "KEPT_SECONDS", -1.0)


def scrape() -> Samples:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, tuple(sorted(labels.items()))), 0.0)


def stored(role: str = "worker", **counts: list[list[Any]]) -> ProcessFigures:
    """What another process has told."""
    report = Report(role)
    report.write()
    ProcessFigures.objects.filter(pk=report._id).update(counts=counts, name=report._id)
    return ProcessFigures.objects.get(pk=report._id)


def turns(count: int) -> list[list[Any]]:
    return [["valis_turns_ended_total", {"status": "complete", "provider": "other"}, count]]


def ended(samples: Samples) -> float:
    return value(samples, "valis_turns_ended_total", status="complete", provider="other")


def grow_old(row: ProcessFigures, age: timedelta) -> None:
    ProcessFigures.objects.filter(pk=row.pk).update(seen_at=F("seen_at") - age)


@pytest.mark.usefixtures("quick_engine")
def test_a_reply_is_counted_with_its_call_its_tokens_and_its_times(
    alice: User, jane: Persona, provider: Callable[..., Provider]
) -> None:
    report = Report("worker")
    report.write()
    before = scrape()
    provider("say:Fine.")
    answer_turn(submit_message(alice, text="Hello", client_id="one").turn.pk)
    report.write()
    after = scrape()

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("valis_turns_ended_total", status="complete", provider="main") == 1
    assert grown("valis_calls_total", provider="main", outcome="answered", code="") == 1
    assert grown("valis_tokens_total", provider="main", direction="in") > 0
    assert grown("valis_turn_first_token_seconds_count") == 1
    assert grown("valis_turn_seconds_bucket", le="+Inf") == 1
    assert grown("valis_call_seconds_count", provider="main") == 1


def test_a_turn_that_is_stopped_while_it_waits_is_counted(alice: User, jane: Persona) -> None:
    report = Report("web")
    turn = submit_message(alice, text="Hello", client_id="one").turn
    report.write()
    before = value(scrape(), "valis_turns_ended_total", status="cancelled", provider="")
    stop_turn(turn)
    report.write()

    assert value(scrape(), "valis_turns_ended_total", status="cancelled", provider="") == before + 1


def test_what_waits_is_told_with_its_age(alice: User, jane: Persona) -> None:
    session = create_session(alice)
    for number in range(3):
        submit_message(alice, text="Hello", client_id=str(number), session_id=session.pk)

    samples = scrape()
    assert value(samples, "valis_turns_open", status="queued") == 3
    assert value(samples, "valis_tasks_waiting", queue="people") == 3
    assert 0 < value(samples, "valis_queue_age_seconds") < 60


def test_a_process_that_ends_in_order_is_gone_at_once() -> None:
    report = Report("web")
    report.write()
    report.write(is_last=True)

    assert value(scrape(), "valis_processes", role="web") == 0


def test_one_that_was_killed_and_started_again_is_one_process() -> None:
    Report("web").write()
    Report("web").write()

    assert value(scrape(), "valis_processes", role="web") == 1


def test_processes_are_added_up() -> None:
    stored("worker", valis_turns_ended=turns(3))
    stored("worker", valis_turns_ended=turns(4))

    samples = scrape()
    assert ended(samples) == 7
    assert value(samples, "valis_processes", role="worker") == 2
    assert len([name for name, _ in samples if name == "process_resident_memory_bytes"]) == 2


def test_a_process_that_is_gone_leaves_its_counts_and_nothing_else() -> None:
    row = stored("worker", valis_turns_ended=turns(3))
    ProcessFigures.objects.filter(pk=row.pk).update(
        state={"valis_sockets_open": [["valis_sockets_open", {}, 5]]}
    )
    assert value(scrape(), "valis_sockets_open") == 5
    grow_old(row, timedelta(minutes=1))

    samples = scrape()
    assert ended(samples) == 3
    assert value(samples, "valis_sockets_open") == 0
    assert value(samples, "valis_processes", role="worker") == 0


def test_rows_of_the_gone_are_put_together_and_sums_stay() -> None:
    for number in range(5):
        grow_old(stored("worker", valis_turns_ended=turns(number)), timedelta(hours=1))
    alive = stored("worker", valis_turns_ended=turns(7))
    before = ended(scrape())

    assert put_the_gone_together() == 5
    assert put_the_gone_together() == 0
    assert ended(scrape()) == before == 17
    assert set(ProcessFigures.objects.values_list("pk", flat=True)) == {PAST, alive.pk}


def test_a_process_that_was_only_away_is_not_counted_twice() -> None:
    counter = REGISTRY._names_to_collectors["valis_events_dropped_total"]
    report = Report("worker")
    counter.inc(5)
    report.write()
    total = value(scrape(), "valis_events_dropped_total")
    grow_old(ProcessFigures.objects.get(pk=report._id), timedelta(hours=1))
    put_the_gone_together()

    counter.inc(2)
    report.write()
    counter.inc(1)
    report.write()

    assert value(scrape(), "valis_events_dropped_total") == total + 3


def test_what_a_newer_version_counts_is_left_out() -> None:
    stored("web", valis_something_new=[["valis_something_new_total", {}, 1]])

    assert value(scrape(), "valis_something_new_total") == 0


def test_with_the_database_away_the_answer_says_so_and_has_no_half_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored("worker", valis_turns_ended=turns(3))

    def away() -> Any:
        raise DatabaseError("away")

    monkeypatch.setattr(standing, "of_database", away)

    samples = scrape()
    assert value(samples, "valis_database_reachable") == 0
    assert ended(samples) == 0
    assert value(samples, "valis_broker_reachable") == 1


def test_every_metric_is_explained_and_none_besides() -> None:
    import_module("diagnostics.activity.recording")  # as a worker does
    tick()
    stored("worker")
    counted = {metric.name: metric.type for metric in REGISTRY.collect()}
    shown = {
        family.name: family.type
        for family in text_string_to_metric_families(Client().get("/metrics").content.decode())
    }
    exposed = {name + ("_total" if kind == "counter" else "") for name, kind in (counted | shown).items()}

    assert {code_in(row[0])[0] for row in rows_of(ROOT / "docs/reference/metrics.md")} == exposed


def test_alert_rules_name_metrics_that_exist() -> None:
    explained = {code_in(row[0])[0] for row in rows_of(ROOT / "docs/reference/metrics.md")}
    page = (ROOT / "docs/how-to/watch-valis.md").read_text()
    named = {word.removesuffix("_bucket") for word in re.findall(r"\b(?:valis|process)_[a-z_]+", page)}

    assert named - {"valis_alerts"} <= explained


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic the-token"}, 401),
        ({"Authorization": "Bearer the-token"}, 200),
        ({"Authorization": "Bearer the-token", "X-Forwarded-For": "203.0.113.9"}, 200),
    ],
)
def test_with_a_token_only_who_sends_it_may_read(settings, headers: dict[str, str], status: int) -> None:
    settings.VALIS_METRICS_TOKEN = "the-token"

    answer = Client().get("/metrics", headers=headers)

    assert answer.status_code == status
    assert (b"valis_build_info" in answer.content) == (status == 200)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ],
)
def test_without_a_token_only_this_machine_may_read_and_not_through_a_proxy(
    address: str, headers: dict[str, str], status: int
) -> None:
    answer = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)

    assert answer.status_code == status
