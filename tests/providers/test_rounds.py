"""The cascade in rounds: who is asked again, after which pause, and who speaks at last."""

import time
from collections import Counter

import pytest

from providers.cascade import Cascade, Pulse, Trying
from providers.lineup import candidate_of
from providers.stopping import StopSignal
from tests.providers.walking import FAST, QUESTION, RecordingMeter, limits, scripted, walk


def test_a_provider_that_fails_is_followed_by_the_next_at_once(row, kind) -> None:
    seen = walk(row("status:500", kind=kind), scripted(), within=limits(retry_schedule=[30]))

    assert seen.story == [("first", "failed", 1), ("second", "answered", 1)]
    assert seen.steps[1].waited_ms == 0


def test_after_everybody_failed_the_fallback_voice_speaks(row, kind) -> None:
    seen = walk(row("status:500", kind=kind), scripted("fail:server_failed"))

    assert seen.story == [("first", "failed", 1), ("second", "failed", 1), ("fallback", "answered", 0)]
    assert seen.text
    assert seen.answer.candidate.is_fallback


def test_with_nobody_to_ask_the_fallback_voice_speaks_at_once() -> None:
    seen = walk(within=limits(retry_schedule=[30]))

    assert seen.story == [("fallback", "answered", 0)]


def test_the_fallback_voice_speaks_whatever_the_engine_s_limits_are() -> None:
    hurried = limits(first_token_timeout=0.000001, silence_timeout=0.000001, reply_deadline=0.000001)

    assert walk(scripted(), within=hurried).provider == "fallback"


def test_a_fallback_voice_that_says_nothing_is_a_mistake_and_no_silent_end() -> None:
    mute = candidate_of(scripted("say:"), FAST)
    cascade = Cascade(
        [mute], QUESTION, limits=FAST, meter=RecordingMeter(), on_text=lambda text: None, stop=StopSignal()
    )

    with pytest.raises(RuntimeError, match="the fallback voice gave no answer: the reply was empty"):
        list(cascade.walk())


def test_a_provider_that_recovers_answers_in_a_later_round(playing, row, kind) -> None:
    seen = walk(row("flaky:2:say:back again", kind=kind), within=limits(retry_schedule=[0.01, 0.01]))

    assert seen.text == "back again"
    assert seen.story == [("first", "failed", 1), ("first", "failed", 2), ("first", "answered", 3)]


def test_the_pauses_are_those_of_the_schedule_give_or_take_a_fifth(row) -> None:
    seen = walk(row("status:500"), within=limits(retry_schedule=[0.1, 0.3]))
    waited = [step.waited_ms for step in seen.steps]

    assert waited[0] == waited[3] == 0
    assert 80 <= waited[1] <= 120
    assert 240 <= waited[2] <= 360


def test_pauses_of_many_turns_do_not_fall_together(row) -> None:
    failing = scripted("fail:server_failed", name="first")
    waited = {walk(failing, within=limits(retry_schedule=[0.05])).steps[1].waited_ms for _ in range(8)}

    assert len(waited) > 1


def test_nobody_is_asked_more_often_than_the_schedule_allows(playing, row) -> None:
    providers = [row(f"status:500#{name}", name=name) for name in ("one", "two", "three")]
    seen = walk(*providers, within=limits(retry_schedule=[0, 0, 0]))
    calls = Counter(call.model for call in playing.calls)

    assert set(calls.values()) == {4}
    assert len(seen.meter.records) == len(playing.calls) + 1  # the fallback voice's


def test_only_those_whose_failure_may_pass_are_asked_again(playing, row) -> None:
    walk(
        row("status:401", name="one"),
        row("status:500", name="two"),
        row("garbage", name="three"),
        within=limits(retry_schedule=[0]),
    )

    assert [call.model for call in playing.calls] == ["status:401", "status:500", "garbage", "status:500"]


def test_without_a_failure_that_may_pass_there_is_no_pause(row) -> None:
    began = time.monotonic()
    walk(row("status:401"), scripted("fail:request_refused"), within=limits(retry_schedule=[50]))

    assert time.monotonic() - began < 40


def test_a_caller_hears_a_pulse_while_a_pause_lasts(row) -> None:
    seen = walk(row("status:500"), within=limits(retry_schedule=[0.1]))

    assert any(isinstance(each, Pulse) for each in seen.told)


def test_a_caller_hears_a_pulse_each_second_of_a_long_call() -> None:
    seen = walk(scripted("slow:1.2"))

    assert [type(each) for each in seen.told[:2]] == [Trying, Pulse]


@pytest.mark.parametrize("header", ["retry-after=0.4", "retry-after=date+1"])
def test_retry_after_is_obeyed(row, kind, header) -> None:
    seen = walk(
        row(f"fail-then:status:429:{header}|say:back", kind=kind), within=limits(retry_schedule=[0.01])
    )

    assert seen.text == "back"
    # A date has no fractions of seconds: "in a second" may mean almost now.
    assert seen.steps[1].waited_ms >= (350 if "0.4" in header else 0)
    assert seen.steps[1].waited_ms < 20_000


def test_retry_after_counts_with_a_failing_server_too(row) -> None:
    seen = walk(row("fail-then:status:503:retry-after=0.3|say:back"), within=limits(retry_schedule=[0.01]))

    assert seen.steps[1].waited_ms >= 250


def test_a_retry_after_that_means_nothing_leaves_the_schedule_as_it_is(row, kind) -> None:
    seen = walk(
        row("fail-then:status:429:retry-after=nonsense|say:back", kind=kind),
        within=limits(retry_schedule=[0.05]),
    )

    assert seen.text == "back"
    assert seen.steps[1].waited_ms < 20_000


def test_a_retry_after_in_the_past_means_now(row) -> None:
    seen = walk(row("fail-then:status:429:retry-after=date-5|say:back"), within=limits(retry_schedule=[0.01]))

    assert seen.text == "back"


def test_a_retry_after_of_a_day_is_not_waited_for(playing, row, kind) -> None:
    began = time.monotonic()
    seen = walk(row("status:429:retry-after=day", kind=kind), within=limits(retry_schedule=[0.01, 0.01]))

    assert seen.provider == "fallback"
    assert len(playing.calls) == 1
    assert time.monotonic() - began < 40


def test_one_provider_s_retry_after_does_not_hold_up_the_others(playing, row) -> None:
    seen = walk(
        row("fail-then:status:429:retry-after=5|say:late", name="one"),
        row("flaky:1:say:there", name="two"),
        within=limits(retry_schedule=[0.05]),
    )

    assert seen.text == "there"
    assert seen.story == [("one", "failed", 1), ("two", "failed", 1), ("two", "answered", 2)]


def test_with_nothing_listening_a_provider_is_skipped(row, kind, free_port) -> None:
    seen = walk(row("any", kind=kind, base_url=f"http://127.0.0.1:{free_port}"), scripted())

    assert seen.story == [("first", "skipped", 1), ("second", "answered", 1)]
    assert seen.steps[0].message == f"nothing listens at http://127.0.0.1:{free_port}"
    assert [record.candidate.config.name for record in seen.meter.records] == ["second"]


def test_a_server_that_answered_and_went_away_is_skipped_too(playing, row, kind) -> None:
    asked = row("say:hello", kind=kind)
    walk(asked)
    playing.stop()
    seen = walk(asked, scripted())

    assert seen.story == [("first", "skipped", 1), ("second", "answered", 1)]


def test_a_server_that_came_back_is_asked_again(playing, row, kind) -> None:
    asked = row("say:hello", kind=kind)
    playing.stop()
    walk(asked)
    playing.start()

    assert walk(asked).text == "hello"


def test_two_providers_that_fail_fast_leave_time_for_the_third(row, kind) -> None:
    seen = walk(
        row("status:500", kind=kind, name="one"),
        row("html", kind=kind, name="two"),
        row("say:hello", kind=kind, name="three"),
    )

    assert seen.text == "hello"
