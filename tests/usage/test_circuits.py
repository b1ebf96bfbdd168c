"""Circuits as a reply meets them: who is left alone, who finds out, and what is shared by all workers."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import events
from providers.cascade import CascadeEvent, Trying
from providers.circuits import guarding, transitions
from providers.circuits.closing import reset_circuit
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.transitions import LONGEST_RETRY_AFTER, Key
from providers.errors import ServerFailed
from providers.models import EngineSettings
from providers.stopping import CallStopped, StopSignal
from usage.models import Call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def engine(quick_engine) -> EngineSettings:
    EngineSettings.objects.update(circuit_breaker_threshold=3)
    return quick_engine


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """The events about circuits, in order."""
    told: list[str] = []
    monkeypatch.setattr(
        events, "_listeners", [lambda kind, facts: kind.startswith("circuit") and told.append(kind)]
    )
    return told


def pass_time(seconds: float) -> None:
    past = timedelta(seconds=seconds)
    Circuit.objects.update(**{name: F(name) - past for name in ("opened_at", "probe_until", "not_before")})


def opened(model: str, *, failures: int = 3) -> Circuit:
    """The circuit of `main` with this model, just opened."""
    for _ in range(failures):
        transitions.count_failure(Key("main", model), ServerFailed("failed (500)"), threshold=failures)
    return Circuit.objects.get()


def story(calls: list[Call]) -> list[tuple[str, str]]:
    return [(call.provider, str(call.outcome)) for call in calls]


def test_after_enough_failures_in_a_row_it_is_not_called_any_more(
    engine, pass_gate, provider, playing, told
) -> None:
    provider("status:500")
    for _ in range(5):
        pass_gate()

    assert len(playing.calls) == 3
    assert Circuit.objects.get().state == CircuitState.OPEN
    assert told == ["circuit_opened"]


def test_the_story_says_that_its_circuit_is_open_and_nothing_is_waited_for(engine, provider) -> None:
    from tests.providers.walking import limits, walk

    row = provider("say:hello")
    opened("say:hello")
    within = limits(retry_schedule=[30])
    seen = walk(row, within=within, circuits=guarding.Circuits(within))

    assert seen.story == [("main", "skipped", 1), ("fallback", "answered", 0)]
    assert seen.steps[0].message in {f"its circuit is open for another {left} s" for left in (58, 59, 60)}


def test_an_answer_in_between_begins_the_count_anew(engine, pass_gate, provider, playing) -> None:
    provider("fail-then:2*status:500|say:there|2*status:500|say:there")
    for _ in range(6):
        pass_gate()

    assert len(playing.calls) == 6
    assert Circuit.objects.get().state == CircuitState.CLOSED


@pytest.mark.parametrize("script", ["status:400", "status:413", "status:404"])
def test_what_the_caller_did_wrong_is_not_counted(engine, pass_gate, provider, script) -> None:
    provider(script)
    for _ in range(4):
        pass_gate()

    assert not Circuit.objects.exists()


def test_a_stop_and_nobody_listening_are_not_counted(engine, pass_gate, provider, playing) -> None:
    provider("hang")
    stop = StopSignal()
    with pytest.raises(CallStopped):
        pass_gate(stop=stop, on_event=lambda event: stop.set("stopped"))
    playing.stop()
    pass_gate()

    assert not Circuit.objects.exists()


def test_each_model_of_a_provider_has_a_circuit_of_its_own(engine, pass_gate, provider) -> None:
    provider("say:hello")
    opened("another-model")

    assert story(pass_gate()[1]) == [("main", "answered")]


def test_when_its_time_is_over_one_call_finds_out_and_closes_it(engine, pass_gate, provider, told) -> None:
    provider("say:hello")
    opened("say:hello")
    pass_time(61)
    text, _ = pass_gate()

    assert text == "hello"
    assert Circuit.objects.get().state == CircuitState.CLOSED
    assert told == ["circuit_half_opened", "circuit_closed"]


def test_a_probe_that_fails_opens_it_for_its_whole_time_again(
    engine, pass_gate, provider, playing, told
) -> None:
    provider("status:500")
    opened("status:500")
    pass_time(61)
    pass_gate()
    pass_gate()

    assert len(playing.calls) == 1
    assert told == ["circuit_half_opened", "circuit_opened"]


def test_a_probe_that_is_stopped_leaves_it_to_the_next_call(engine, pass_gate, provider) -> None:
    row = provider("hang")
    opened("hang")
    pass_time(61)
    stop = StopSignal()
    with pytest.raises(CallStopped):
        pass_gate(stop=stop, on_event=lambda event: stop.set("stopped"))
    assert Circuit.objects.get().state == CircuitState.OPEN

    row.model = "say:hello"
    row.save()
    Circuit.objects.update(model="say:hello")

    assert pass_gate()[0] == "hello"


def test_a_probe_whose_worker_died_is_followed_by_another_one(engine, pass_gate, provider) -> None:
    provider("say:hello")
    opened("say:hello")
    pass_time(61)
    assert transitions.take_probe(Key("main", "say:hello"), seen=0, timeout=60, lease=15)
    assert story(pass_gate()[1]) == [("fallback", "answered")]
    pass_time(16)

    assert pass_gate()[0] == "hello"


def test_of_four_workers_exactly_one_probes_a_flapping_provider(engine, pass_gate, provider, playing) -> None:
    """P10: it is back, is gone again, and comes back for good; the others end while the probe runs."""
    script = "fail-then:say:back|status:500|say:back"
    provider(script)
    for expected in (CircuitState.CLOSED, CircuitState.OPEN, CircuitState.CLOSED):
        if Circuit.objects.filter(state=CircuitState.OPEN).first() is None:
            opened(script)
        pass_time(61)
        calls = len(playing.calls)
        others = threading.Semaphore(0)

        def ask(others: threading.Semaphore = others) -> None:
            pass_gate(on_event=lambda event: until_others_ended(event, others))
            others.release()

        together(4, ask)

        assert len(playing.calls) == calls + 1
        assert Circuit.objects.get().state == expected


def until_others_ended(event: CascadeEvent, others: threading.Semaphore) -> None:
    if isinstance(event, Trying) and not event.candidate.is_fallback:
        assert all(others.acquire(timeout=20) for _ in range(3))


def test_failures_of_many_workers_are_counted_together(engine, pass_gate, provider, told) -> None:
    EngineSettings.objects.update(circuit_breaker_threshold=4)
    provider("status:500")
    together(4, pass_gate)

    assert Circuit.objects.get().state == CircuitState.OPEN
    assert told == ["circuit_opened"]


def together(workers: int, work) -> None:
    """Run it in so many threads at once, each with connections of its own."""
    barrier = threading.Barrier(workers)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            barrier.wait(10)
            work()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures


@pytest.mark.parametrize("header", ["retry-after=30", "retry-after=date+30"])
def test_retry_after_is_kept_by_all_who_come_later(engine, pass_gate, provider, playing, header) -> None:
    """P07"""
    provider(f"status:429:{header}")
    for _ in range(5):
        pass_gate()

    assert len(playing.calls) == 1
    assert Circuit.objects.get().state == CircuitState.CLOSED
    pass_time(31)
    pass_gate()
    assert len(playing.calls) == 2


def test_whoever_comes_later_waits_for_retry_after_as_the_first_one_does(
    engine, pass_gate, provider, playing
) -> None:
    EngineSettings.objects.update(retry_schedule=[0.01])
    provider("say:hello")
    Circuit.objects.create(provider="main", model="say:hello")
    transitions.Circuit.objects.update(not_before=transitions.Now() + timedelta(seconds=0.6))

    assert pass_gate()[0] == "hello"


def test_a_retry_after_that_means_nothing_counts_as_a_failure(engine, pass_gate, provider, playing) -> None:
    provider("status:429:retry-after=nonsense")
    for _ in range(5):
        pass_gate()

    assert len(playing.calls) == 3


def test_a_retry_after_of_a_day_is_kept_for_a_quarter_of_an_hour(
    engine, pass_gate, provider, playing
) -> None:
    provider("status:429:retry-after=day")
    pass_gate()
    pass_time(LONGEST_RETRY_AFTER - 20)
    pass_gate()
    assert len(playing.calls) == 1
    pass_time(21)
    pass_gate()

    assert len(playing.calls) == 2


def test_a_database_that_fails_here_costs_no_reply(engine, pass_gate, provider, monkeypatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("away")

    provider("status:500", name="first", priority=1)
    provider("say:hello")
    monkeypatch.setattr(guarding, "standing_of", fail)
    for name in ("count_failure", "clear_failures", "take_probe"):
        monkeypatch.setattr(transitions, name, fail)

    assert pass_gate()[0] == "hello"


def test_a_reply_without_trouble_reads_once_and_writes_nothing(engine, pass_gate, provider) -> None:
    provider("say:hello", name="first", priority=1)
    provider("say:hello")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        pass_gate()
    statements = [each["sql"] for each in seen if "providers_circuit" in each["sql"]]

    assert len(statements) == 1
    assert statements[0].startswith("SELECT")


def test_staff_who_test_a_provider_always_ask_it_and_an_answer_closes_its_circuit(
    engine, provider, playing, sue, as_user, told
) -> None:
    row = provider("say:hello")
    opened("say:hello")
    as_user(sue).post(reverse("diagnostics:test-provider", args=[row.pk]))

    assert len(playing.calls) == 1
    assert Circuit.objects.get().state == CircuitState.CLOSED
    assert told == ["circuit_closed"]


def test_a_test_that_fails_leaves_it_open(engine, provider, playing, sue, as_user, told) -> None:
    row = provider("status:500")
    opened("status:500")
    as_user(sue).post(reverse("diagnostics:test-provider", args=[row.pk]))

    assert len(playing.calls) == 1
    assert Circuit.objects.get().state == CircuitState.OPEN
    assert told == []


def test_a_reset_takes_its_say_from_a_probe_under_way(engine, pass_gate, provider, sue, told) -> None:
    provider("say:hello")
    circuit = opened("say:hello")
    pass_time(61)
    transitions.take_probe(Key("main", "say:hello"), seen=0, timeout=60, lease=15)

    assert reset_circuit(circuit, actor=sue)
    assert not transitions.reopen_by_probe(Key("main", "say:hello"), 1, ServerFailed("late"))
    assert Circuit.objects.get().state == CircuitState.CLOSED
    assert told == ["circuit_reset"]
