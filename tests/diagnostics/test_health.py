"""Health is asked for real."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from diagnostics import writing
from diagnostics.models import Sign
from diagnostics.signs import SCHEDULER_SILENCE
from providers.instances import instance_for
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from providers.models import Provider
from valis_site.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


def states(answer) -> dict[str, str]:
    return {part["name"]: part["state"] for part in answer.json()["parts"]}


@pytest.fixture
def worker() -> Iterator[None]:
    """A real worker on the in-memory broker, in threads."""
    is_ready = threading.Event()
    controller = app.WorkController(
        pool_cls="threads",
        concurrency=2,
        queues=["people", "housekeeping"],
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
        ready_callback=lambda consumer: is_ready.set(),
    )
    thread = threading.Thread(target=controller.start, daemon=True)
    thread.start()
    assert is_ready.wait(10)
    yield
    controller.stop()
    thread.join(5)


def test_a_worker_is_proven_by_a_task_that_it_ran(worker: None) -> None:
    assert states(Client().get("/api/health"))["workers"] == "ok"


def test_without_a_worker_health_fails_and_says_where() -> None:
    answer = Client().get("/api/health")

    assert answer.status_code == 503
    assert answer.json()["status"] == "failing"
    assert states(answer)["workers"] == "failing"


def test_database_broker_and_events_are_enough_to_be_ready() -> None:
    answer = Client().get("/api/ready")

    assert answer.status_code == 200
    assert states(answer) == {"database": "ok", "broker": "ok", "live_events": "ok"}


class Disk:
    """Takes what is written, or is full. `written` counts how often it was tried."""

    def __init__(self) -> None:
        self.is_full = False
        self.written = 0

    def take(self, name: str) -> None:
        self.written += 1
        if self.is_full:
            raise OperationalError("database or disk is full")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(writing, "proof", writing.Proof())
    monkeypatch.setattr(writing, "show_life", disk.take)
    return disk


def test_a_database_that_takes_nothing_is_not_ready_until_it_does_again(disk: Disk) -> None:
    disk.is_full = True
    full = Client().get("/api/ready")
    disk.is_full = False

    assert (full.status_code, states(full)["database"]) == (503, "failing")
    assert Client().get("/api/ready").status_code == 200


def test_what_is_written_is_one_small_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "proof", writing.Proof())

    assert Client().get("/api/ready").status_code == 200
    assert Sign.objects.get().name == "database"


def test_writing_is_tried_rarely_while_it_works(disk: Disk) -> None:
    for _ in range(5):
        assert Client().get("/api/ready").status_code == 200

    assert disk.written == 1


def test_those_who_ask_at_the_same_moment_share_one_attempt(disk: Disk) -> None:
    async def ask_together() -> None:
        await asyncio.gather(*(writing.proof.asked() for _ in range(20)))

    asyncio.run(ask_together())

    assert disk.written == 1


def test_being_live_asks_nothing(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/api/live").json() == {"status": "ok"}


def test_a_scheduler_that_was_seen_lately_is_well() -> None:
    Sign.objects.create(name="scheduler", seen_at=timezone.now())

    assert states(Client().get("/api/health"))["scheduler"] == "ok"


def test_a_silent_scheduler_is_noticed() -> None:
    Sign.objects.create(name="scheduler", seen_at=timezone.now() - SCHEDULER_SILENCE * 2)

    assert states(Client().get("/api/health"))["scheduler"] == "failing"


def test_with_the_fallback_voice_alone_providers_are_degraded(sue: User, as_user) -> None:
    Provider.objects.create(name="local", kind="openai", model="m", base_url="http://127.0.0.1:9/v1")

    parts = {part["name"]: part for part in as_user(sue).get("/api/health").json()["parts"]}

    assert parts["providers"]["state"] == "degraded"
    assert "nothing listens at http://127.0.0.1:9/v1" in parts["providers"]["detail"]


def test_a_provider_that_listens_is_ready(provider, sue: User, as_user) -> None:
    instance_for(candidate_of(provider("say:hi"), EngineLimits()))  # its SDK takes a second to load

    parts = {part["name"]: part for part in as_user(sue).get("/api/health").json()["parts"]}

    assert parts["providers"] | {"took_ms": 0} == {
        "name": "providers", "state": "ok", "detail": "ready: main", "took_ms": 0,
    }  # fmt: skip


def test_a_stranger_learns_states_but_no_details(provider) -> None:
    provider("say:hi")

    answer = Client().get("/api/health").json()

    assert answer["version"] == ""
    assert {part["detail"] for part in answer["parts"]} == {""}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_the_short_forms_answer_too(path: str) -> None:
    answer = Client().get(path)

    assert answer.json()["parts"]["database"] == "ok"
    assert answer.json()["status"] in {"ok", "failing"}
