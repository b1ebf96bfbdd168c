"""The live page: its figures are right, it waits for nobody, and it shows texts to nobody by itself."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from accounts.rights import Right
from chat.services import submit_message
from core import events
from diagnostics.activity.recording import store
from diagnostics.models import Event, ProcessFigures, Recount
from diagnostics.tasks import recount
from diagnostics.tiles import asking, calls, machinery, people
from diagnostics.tiles.all import TILES
from personas.models import Persona
from providers.circuits.models import Circuit, CircuitState
from usage.models import Call, CallOutcome, Pricing

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "What nobody else should read"


def call(**fields: Any) -> Call:
    usual = {"provider": "main", "outcome": CallOutcome.ANSWERED, "purpose": "chat", "turn_id": 1}
    ago = fields.pop("ago", timedelta(0))
    row = Call.objects.create(**(usual | fields))
    Call.objects.filter(pk=row.pk).update(started_at=timezone.now() - ago)
    return row


@pytest.mark.both_databases
def test_requests_are_summed_up_from_the_ledger() -> None:
    call(turn_id=1, outcome=CallOutcome.FAILED, error_code="timed_out", cost_usd=0)
    call(turn_id=1, tokens_in=100, tokens_out=20, cost_usd="0.25", pricing=Pricing.STAFF)
    call(turn_id=2, tokens_in=50, tokens_out=5)
    call(turn_id=3, ago=timedelta(hours=2))

    assert calls.requests()["hour"] == {
        "calls": 3, "replies": 2, "failed": 1, "tokens_in": 150, "tokens_out": 25,
        "cost": pytest.approx(0.25), "unpriced": 1,
    }  # fmt: skip


@pytest.mark.both_databases
def test_providers_have_counts_failovers_and_percentiles() -> None:
    for number in range(1, 101):
        call(provider="main", first_token_ms=number * 10, duration_ms=number * 100)
    call(provider="spare", outcome=CallOutcome.FAILED)
    happened = {"kind": "failover", "at": timezone.now()}
    store([Event(facts={"provider": "spare", "to": "main"}, **happened) for _ in range(2)])

    main, spare = calls.providers()["rows"]

    assert (main["provider"], main["calls"], main["failed"], main["failovers"]) == ("main", 100, 0, 0)
    assert (main["first_p50"], main["first_p95"]) == (500, 950)
    assert (main["total_p50"], main["total_p95"]) == (5000, 9500)
    assert (spare["calls"], spare["failed"], spare["failovers"]) == (1, 1, 2)


def test_a_percentile_of_one_is_that_one() -> None:
    assert calls.percentile([700.0], 50) == calls.percentile([700.0], 95) == 700


@pytest.mark.both_databases
def test_the_queue_tells_waiting_running_and_places(alice: User, jane: Persona) -> None:
    submit_message(alice, text="Hello", client_id="one")

    figures = machinery.queue()

    assert (figures["waiting"], figures["running"], figures["busy"]) == (1, 0, 0)
    assert figures["oldest"] <= timezone.now()
    assert figures["places"] > 0


@pytest.mark.both_databases
def test_sessions_are_those_of_the_last_quarter_of_an_hour(alice: User, bob: User, jane: Persona) -> None:
    submit_message(alice, text="Hello", client_id="one")
    old = submit_message(bob, text="Hello", client_id="two").message.session
    type(old).objects.filter(pk=old.pk).update(last_activity_at=timezone.now() - timedelta(hours=1))

    figures = people.sessions()

    assert [each.owner.username for each in figures["rows"]] == ["alice"]
    assert figures["count"] == 1


def test_processes_tell_their_version_and_whether_they_are_silent() -> None:
    now = timezone.now()
    for name, seen_at in (("a", now), ("b", now - timedelta(minutes=2)), ("c", now - timedelta(hours=1))):
        ProcessFigures.objects.create(id=name, role="worker", name=name, version="0.1.0", seen_at=seen_at)

    rows = machinery.processes()["rows"]

    assert [(row["name"], row["is_alive"], row["version"]) for row in rows] == [
        ("a", True, "0.1.0"),
        ("b", False, "0.1.0"),
    ]


@pytest.mark.parametrize("name", TILES)
def test_a_tile_takes_three_queries_at_most(
    name: str, alice: User, jane: Persona, django_assert_max_num_queries
) -> None:
    for number in range(5):
        submit_message(alice, text="Hello", client_id=str(number))
        call(outcome=CallOutcome.FAILED, turn_id=number)

    with django_assert_max_num_queries(3):
        TILES[name].read()


@pytest.mark.both_databases
@pytest.mark.parametrize("index", ["usage_call_started_at", "failed_calls"])
def test_the_ledger_is_read_by_an_index(index: str) -> None:
    since = timezone.now() - calls.HOUR
    rows = Call.objects.filter(started_at__gte=since).order_by()
    rows = rows.filter(outcome="failed").order_by("-started_at")[:10] if index == "failed_calls" else rows
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # an empty table is scanned otherwise
        plan = rows.explain()
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")

    assert index in plan, plan


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queue's figures do not come before the test ends."""
    monkeypatch.setattr(asking, "TILE_SECONDS", 0.3)
    is_over = threading.Event()

    def hang() -> dict[str, Any]:
        is_over.wait(30)
        return {}

    monkeypatch.setitem(TILES, "queue", replace(TILES["queue"], read=hang))
    yield
    is_over.set()


def test_a_part_that_hangs_is_said_to_and_the_others_are_shown(hanging: None, vic: User, as_user) -> None:
    page = as_user(vic).get("/diagnostics/").content.decode()

    assert page.count("This part is not answering") == 1
    assert "Calls to providers" in page


def test_a_part_that_hangs_is_not_asked_again_meanwhile(hanging: None, vic: User, as_user) -> None:
    for _ in range(5):
        answer = as_user(vic).get("/diagnostics/tiles/?name=queue")

    assert "This part is not answering" in answer.content.decode()
    assert len(asking._hanging) == 1


def test_a_part_that_fails_is_said_to(monkeypatch: pytest.MonkeyPatch, vic: User, as_user) -> None:
    def fail() -> dict[str, Any]:
        raise OSError

    monkeypatch.setitem(TILES, "queue", replace(TILES["queue"], read=fail))

    answer = as_user(vic).get("/diagnostics/")

    assert answer.status_code == 200
    assert "This part is not answering" in answer.content.decode()


def test_tiles_are_fetched_by_name_and_unknown_names_are_left_out(vic: User, as_user) -> None:
    page = as_user(vic).get("/diagnostics/tiles/?name=queue&name=nonsense&name=queue").content.decode()

    assert page.count("<section") == 1
    assert 'hx-swap-oob="true"' in page


def test_nobody_sees_texts_on_the_live_page(
    alice: User, vic: User, sue: User, jane: Persona, as_user
) -> None:
    submit_message(alice, text=SECRET, client_id="one")

    for person in (vic, sue):
        page = as_user(person).get("/diagnostics/").content.decode()
        assert "alice" in page
        assert SECRET not in page
        assert "Read their texts" not in page


def test_who_may_read_others_sees_texts_and_that_is_noted(
    alice: User, vic: User, jane: Persona, as_user
) -> None:
    submit_message(alice, text=SECRET, client_id="one")
    vic.user_permissions.add(Permission.objects.get(codename=Right.READ_OTHERS_CHATS))
    client = as_user(vic)

    assert "Read their texts" in client.get("/diagnostics/").content.decode()
    assert SECRET in client.get("/diagnostics/messages/").content.decode()
    assert AuditEntry.objects.get(action="messages.read").actor == "vic"


def test_the_tab_is_there_for_those_who_may_enter(alice: User, vic: User, jane: Persona, as_user) -> None:
    assert 'href="/diagnostics/"' in as_user(vic).get("/chat/").content.decode()
    assert 'href="/diagnostics/"' not in as_user(alice).get("/chat/").content.decode()


@pytest.fixture
def opened(provider: Callable[..., Any]) -> Circuit:
    row = provider("say:hi", name="main")
    now = timezone.now()
    return Circuit.objects.create(
        provider="main", model=row.model, state=CircuitState.OPEN, failures=5, opened_at=now
    )


def test_an_open_circuit_is_shown_and_only_who_may_change_the_engine_can_reset_it(
    opened: Circuit, vic: User, sue: User, as_user
) -> None:
    path = f"/diagnostics/circuits/{opened.pk}/reset/"

    assert "circuit-open" in as_user(vic).get("/diagnostics/").content.decode()
    assert path not in as_user(vic).get("/diagnostics/").content.decode()
    assert as_user(vic).post(path).status_code == 403
    assert path in as_user(sue).get("/diagnostics/").content.decode()
    assert as_user(sue).post(path).status_code == 302
    opened.refresh_from_db()
    assert opened.state == CircuitState.CLOSED
    assert AuditEntry.objects.get(action="circuit.reset").actor == "sue"


def test_a_reset_over_htmx_answers_with_the_circuits_as_they_are_then(
    opened: Circuit, sue: User, as_user
) -> None:
    path = f"/diagnostics/circuits/{opened.pk}/reset/"

    tile = as_user(sue).post(path, headers={"HX-Request": "true"}).content.decode()

    assert "circuit-closed" in tile
    assert as_user(sue).post("/diagnostics/circuits/999/reset/").status_code == 404


def test_what_happened_is_on_the_page_without_scripts(vic: User, as_user) -> None:
    store([Event(kind="call_failed", facts={"provider": "main", "code": "timed_out"}, at=timezone.now())])

    assert "main failed: timed_out" in as_user(vic).get("/diagnostics/").content.decode()


@pytest.mark.both_databases
def test_a_recount_agrees_with_the_tiles_and_the_page_says_so(vic: User, as_user) -> None:
    call(outcome=CallOutcome.FAILED)
    call(tokens_in=3, tokens_out=4, cost_usd="0.0123456789", pricing=Pricing.LIST)
    call(provider="spare", outcome=CallOutcome.OPEN, turn_id=None)

    recount()

    assert set(Recount.objects.values_list("tile", "agrees")) == {
        ("requests", True),
        ("providers", True),
        ("learning", True),
    }
    assert "agrees" in as_user(vic).get("/diagnostics/tiles/?name=requests").content.decode()


def test_a_figure_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, vic: User, as_user) -> None:
    call()
    right = calls.sums_since
    monkeypatch.setattr(calls, "sums_since", lambda since: right(since) | {"calls": 7})

    recount()

    assert not Recount.objects.get(tile="requests").agrees
    assert "differs" in as_user(vic).get("/diagnostics/tiles/?name=requests").content.decode()


def test_figures_that_change_meanwhile_are_no_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    right = calls.sums_since

    def another_call_meanwhile(since: Any) -> dict[str, Any]:
        sums = right(since)
        call()
        return sums

    monkeypatch.setattr(calls, "sums_since", another_call_meanwhile)

    recount()

    assert not Recount.objects.filter(tile="requests").exists()


def test_emitting_waits_for_nobody(eventually: Callable[..., None]) -> None:
    """Without anybody who listens, an event is nothing."""
    events.emit("counted", number=1)

    assert not Event.objects.exists()
