"""Stopping: the call ends at once, upstream sees it, and the story so far is kept."""

import random
import threading
import time
from contextlib import closing

import pytest

from core.loop import engine_loop
from providers.base import BaseProvider, ProviderConfig
from providers.calls import TextDelta
from providers.cascade import Cascade, Pulse, Trying
from providers.lineup import Candidate, candidate_of, fallback_candidate
from providers.stopping import CallStopped, StopSignal
from tests.playing import Outcome, numbered
from tests.providers.walking import FAST, QUESTION, RecordingMeter, Walk, limits, scripted, walk


@pytest.fixture
def stop_when_said(playing):
    """Sets a signal from another thread, once the provider said something."""
    threads: list[threading.Thread] = []

    def stop(signal: StopSignal) -> None:
        playing.calls.wait_until(lambda calls: len(calls) and calls[0].said)
        signal.set("stopped_by_person")

    def start() -> StopSignal:
        signal = StopSignal()
        threads.append(threading.Thread(target=stop, args=[signal]))
        threads[0].start()
        return signal

    yield start
    threads[0].join()


@pytest.mark.parametrize("script", ["tokens:5000@50", "silent:3"])
def test_a_reply_stopped_in_mid_stream_ends_at_once_and_upstream_sees_it(
    playing, row, kind, script, stop_when_said
) -> None:
    with pytest.raises(CallStopped) as caught:
        walk(row(script, kind=kind), stop=stop_when_said())
    stopped_at = time.time()
    playing.calls.wait_until(lambda calls: calls[0].outcome is Outcome.CLOSED_BY_CLIENT)

    assert playing.calls[0].ended - stopped_at < 15
    assert [(step.provider, step.outcome, step.code) for step in caught.value.steps] == [
        ("first", "stopped", "stopped_by_person")
    ]


def test_at_whatever_moment_it_is_stopped_the_text_is_a_beginning_of_the_reply(playing, row, kind) -> None:
    seeded = random.Random(7)
    for _ in range(12):
        seen, signal = Walk(), StopSignal()
        threading.Timer(seeded.uniform(0, 0.12), signal.set, ["stopped_by_person"]).start()
        with pytest.raises(CallStopped):
            walk(row("tokens:5000@200", kind=kind), stop=signal, into=seen)

        assert numbered(5000).startswith(seen.text)
        assert [record.step.outcome for record in seen.meter.records] in (
            ["stopped"],
            [],  # stopped before anybody was asked
        )
    playing.calls.wait_until(lambda calls: all(call.outcome != Outcome.OPEN for call in calls))


def test_a_stopped_call_is_closed_in_the_books_with_what_it_wrote(row, stop_when_said) -> None:
    seen = Walk()
    with pytest.raises(CallStopped):
        walk(row("silent:40"), stop=stop_when_said(), into=seen)
    [record] = seen.meter.records

    assert record.step.outcome == "stopped"
    assert record.usage.is_estimated
    assert record.usage.tokens_out == len(seen.text) // 4 + bool(seen.text)


def test_a_stop_during_a_pause_is_obeyed_at_once(row) -> None:
    seen, signal = Walk(), StopSignal()
    timer = threading.Timer(0.2, signal.set, ["server_stopped"])
    timer.start()
    began = time.monotonic()
    with pytest.raises(CallStopped) as caught:
        walk(row("status:500"), within=limits(retry_schedule=[50]), stop=signal, into=seen)

    assert time.monotonic() - began < 40
    assert caught.value.reason == "server_stopped"
    assert [step.outcome for step in caught.value.steps] == ["failed"]


def test_after_a_stop_nobody_else_is_asked(playing, row) -> None:
    seen, signal = Walk(), StopSignal()

    def stop_after_trying(event: object) -> None:
        if isinstance(event, Trying):
            signal.set("stopped_by_person")

    with pytest.raises(CallStopped):
        walk(row("hang"), scripted(), stop=signal, on_event=stop_after_trying, into=seen)

    assert [record.candidate.config.name for record in seen.meter.records] == ["first"]


def test_a_signal_that_was_set_before_lets_no_call_happen(playing, row) -> None:
    seen, signal = Walk(), StopSignal()
    signal.set("server_stopped")
    with pytest.raises(CallStopped) as caught:
        walk(row("say:never"), stop=signal, into=seen)

    assert (caught.value.reason, caught.value.steps) == ("server_stopped", ())
    assert seen.meter.records == []
    assert len(playing.calls) == 0


def test_a_signal_set_while_providers_fail_is_heard_before_the_next_one() -> None:
    seen, signal = Walk(), StopSignal()

    class StoppingMeter(RecordingMeter):
        def closed(self, *outcome: object) -> None:
            super().closed(*outcome)
            signal.set("stopped_by_person")

    seen.meter = StoppingMeter()
    with pytest.raises(CallStopped):
        walk(scripted("fail:server_failed"), scripted(), stop=signal, into=seen)

    assert len(seen.meter.records) == 1


def test_the_first_reason_to_stop_is_the_one_that_counts() -> None:
    signal = StopSignal()
    signal.set("stopped_by_person")
    signal.set("server_stopped")

    assert signal.reason == "stopped_by_person"


@pytest.mark.parametrize("left_at", [Trying, Pulse])
def test_a_caller_that_leaves_ends_the_call_and_closes_the_books(playing, row, left_at) -> None:
    meter = RecordingMeter()
    candidates = [candidate_of(row("hang"), FAST), fallback_candidate()]
    cascade = Cascade(
        candidates, QUESTION, limits=FAST, meter=meter, on_text=lambda text: None, stop=StopSignal()
    )
    with closing(cascade.walk()) as events:
        for event in events:
            if isinstance(event, left_at):
                break

    assert meter.records[0].step is not None
    assert (meter.records[0].step.outcome, meter.records[0].step.code) == ("stopped", "abandoned")
    if left_at is Pulse:
        playing.calls.wait_until(lambda calls: calls[0].outcome is Outcome.CLOSED_BY_CLIENT)


class Mistaken(BaseProvider):
    """Has a mistake in it."""

    async def stream(self, request):
        yield TextDelta("so far ")
        raise ZeroDivisionError("a mistake in a program")


def test_a_mistake_in_a_provider_s_code_is_not_hidden_by_the_next_one() -> None:
    seen = Walk()
    mistaken = Candidate(ProviderConfig("mistaken", "mistaken"), "Mistaken", FAST, Mistaken)
    with pytest.raises(ZeroDivisionError):
        walk(mistaken, scripted(), into=seen)
    [record] = seen.meter.records

    assert record.step is not None
    assert (record.step.outcome, record.step.code) == ("stopped", "internal_error")
    assert record.usage.tokens_out > 0


def test_a_meter_that_cannot_write_lets_no_call_happen(playing, row) -> None:
    class BrokenMeter(RecordingMeter):
        def opened(self, *call: object) -> None:
            raise OSError("the database is away")

    seen = Walk(meter=BrokenMeter())
    with pytest.raises(OSError, match="the database is away"):
        walk(row("say:never"), into=seen)

    assert len(playing.calls) == 0
    assert engine_loop().is_running()
