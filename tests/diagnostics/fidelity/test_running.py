"""A run asks everybody everything, whatever happens meanwhile, and tells who has drifted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from chat.models import Turn, TurnStatus
from chat.running import running_turns
from chat.services import submit_message
from core.errors import Conflict, InvalidInput
from diagnostics.fidelity import holding, running
from diagnostics.fidelity.comparing import comparisons_of
from diagnostics.fidelity.models import AnswerOutcome, FidelityAnswer, FidelityRun, RunState
from diagnostics.fidelity.reading import run_by_id
from diagnostics.fidelity.running import Next, answer_one, go_on
from diagnostics.fidelity.starting import KEPT_RUNS, start_held_run, start_run, stop_run
from diagnostics.tasks import sweep_fidelity
from personas.golden.dialogues import golden_dialogues
from personas.models import Persona
from providers.drills.models import Drill
from providers.models import EngineSettings
from providers.stopping import StopSignal
from tests.chat.working import in_thread, reply_to, told_tasks
from tests.diagnostics.fidelity.conftest import (
    OUT_OF_VOICE,
    REFUSING,
    Speak,
    Start,
    compared,
    finish,
    in_voice,
    rows_of,
)
from tests.playing import PlayingServer
from usage.models import Call, CallOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]

KEY = "sk-test-1234567890"


def outcomes(run: FidelityRun) -> set[str]:
    return set(run_by_id(run.pk).answers.values_list("outcome", flat=True))


def reasons(run: FidelityRun, name: str) -> set[str]:
    number = [each["name"] for each in run.speakers].index(name)
    return set(FidelityAnswer.objects.filter(run=run, speaker=number).values_list("reason", flat=True))


def lease_runs_out(run: FidelityRun) -> None:
    FidelityRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.both_databases
def test_every_speaker_and_the_fallback_voice_is_asked_every_dialogue(
    speak: Speak, start: Start, jane: Persona, playing: PlayingServer
) -> None:
    speak("main", in_voice(jane))
    speak("spare", OUT_OF_VOICE)
    dialogues = golden_dialogues(jane)

    run = finish(start())

    assert (run.state, outcomes(run)) == (RunState.ENDED, {AnswerOutcome.ANSWERED})
    assert [each["name"] for each in run.speakers] == ["main", "spare", "fallback"]
    assert run.answers.count() == 3 * len(dialogues)
    assert len(playing.calls) == 2 * len(dialogues)


def test_who_keeps_the_voice_is_close_and_who_loses_it_is_off(
    speak: Speak, start: Start, jane: Persona
) -> None:
    speak("main", in_voice(jane))
    speak("loud", OUT_OF_VOICE)
    speak("shy", REFUSING)

    rows = rows_of(finish(start()))

    assert rows["main"].word == "close"
    assert rows["loud"].drift.tone.word == rows["loud"].word == "off"
    assert rows["shy"].drift.refusals.word == "off"


def test_what_is_sent_is_what_a_new_chat_would_send(
    speak: Speak, start: Start, jane: Persona, playing: PlayingServer
) -> None:
    speak("main", "say:Hello.")

    finish(start(only=["main"]))

    told = next(each for each in golden_dialogues(jane) if each.told)
    number = golden_dialogues(jane).index(told)
    sent = playing.calls[number].body["messages"]
    assert f"You are {jane.name}" in sent[0]["content"]
    assert [each["content"] for each in sent[1:]] == [*(each.text for each in told.told), told.question]


def test_its_calls_are_in_the_ledger_under_their_own_purpose(speak: Speak, start: Start, sue: User) -> None:
    speak("main", "say:Hello.")

    finish(start(only=["main"]))

    calls = Call.objects.all()
    assert {(each.purpose, each.user, each.persona_slug) for each in calls} == {("fidelity", sue, "jane")}


def test_over_the_cap_a_speaker_is_skipped_with_that_reason_and_the_fallback_voice_is_not(
    speak: Speak, start: Start, jane: Persona, playing: PlayingServer
) -> None:
    speak("main", "say:Hello.")
    Persona.objects.filter(pk=jane.pk).update(daily_token_cap=1)

    rows = rows_of(finish(start()))

    assert (rows["main"].drift, rows["fallback"].counts["skipped"]) == (None, 0)
    assert "tokens a day" in rows["main"].reason
    assert not playing.calls


def test_without_a_key_a_provider_is_skipped_and_does_not_fail(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.", api_key="", base_url="")

    row = rows_of(finish(start()))["main"]

    assert row.counts["skipped"] == row.counts.total()
    assert "key" in row.reason


def test_a_provider_that_fails_is_told_of_until_its_circuit_opens(speak: Speak, start: Start) -> None:
    EngineSettings.objects.update(circuit_breaker_threshold=2)
    speak("main", "status:500")

    row = rows_of(finish(start()))["main"]

    assert row.counts["failed"] == 2
    assert row.counts["skipped"] == row.counts.total() - 2
    assert row.word is None


def test_who_fails_keeps_nobody_else_from_speaking(speak: Speak, start: Start, jane: Persona) -> None:
    speak("main", "cut:3")
    speak("spare", in_voice(jane))

    rows = rows_of(finish(start()))

    assert rows["main"].counts["answered"] == 0
    assert rows["spare"].word == "close"


def test_who_asks_for_patience_is_asked_again_after_all_others(
    speak: Speak, start: Start, jane: Persona
) -> None:
    speak("main", f"fail-then:status:429|{in_voice(jane).removeprefix('fail-then:')}")

    run = finish(start())

    assert rows_of(run)["main"].counts["answered"] == len(golden_dialogues(jane))


def test_the_only_place_of_a_speaker_is_left_to_people_by_a_command(speak: Speak, jane: Persona) -> None:
    speak("main", "say:Hello.", max_concurrent_requests=1)
    held = start_held_run(jane, only=["main"])

    while answer_one(held, stop=StopSignal()) is not Next.NEVER:
        pass

    row = rows_of(run_by_id(held.id))["main"]
    assert row.counts["skipped"] == row.counts.total()
    assert row.reason == "its only place is left to people"


def test_a_worker_uses_the_only_place_while_nobody_asks_for_a_reply(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.", max_concurrent_requests=1)

    row = rows_of(finish(start()))["main"]

    assert row.counts["answered"] == row.counts.total()


def test_who_writes_meanwhile_gets_the_only_place_and_the_speaker_is_asked_again(
    speak: Speak,
    start: Start,
    jane: Persona,
    alice: User,
    playing: PlayingServer,
    eventually: Callable[..., None],
) -> None:
    speak("main", "after:30:say:Never.", max_concurrent_requests=1)
    run = start(only=["main"])
    asking = in_thread(go_on, run.pk)
    eventually(lambda: Call.objects.filter(outcome=CallOutcome.OPEN).exists())
    playing.cast("main-1", "say:Here I am.")

    turn = submit_message(alice, text="Are you there?", client_id="one", persona_slug="jane").turn
    assert reply_to(turn).text == "Here I am."
    asking.result(20)

    row = rows_of(finish(run))["main"]
    assert row.counts["answered"] == row.counts.total()


@pytest.mark.both_databases
def test_a_run_whose_worker_was_killed_goes_on(
    speak: Speak, start: Start, jane: Persona, playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    speak("main", f"fail-then:hang|{in_voice(jane).removeprefix('fail-then:')}")
    run = start(only=["main"])
    worker_was_told = lambda: ("diagnostics.tasks.go_on_with_fidelity", [run.pk]) in told_tasks()  # noqa: E731
    eventually(worker_was_told)
    lost = holding.hold(run.pk)
    assert lost
    stop = StopSignal()
    hanging = in_thread(answer_one, lost, stop=stop)
    eventually(lambda: playing.calls)

    lease_runs_out(run)
    sweep_fidelity()
    eventually(worker_was_told)
    finished = finish(run)

    assert finished.state == RunState.ENDED
    assert rows_of(run)["main"].counts["answered"] == len(golden_dialogues(jane))
    assert hanging.result(60) is Next.NEVER  # the fence kept it from writing
    assert not Call.objects.filter(outcome=CallOutcome.OPEN).exists()


def test_an_answer_that_loses_every_worker_is_given_up(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.")
    run = start(only=["main"])
    FidelityAnswer.objects.filter(run=run, dialogue=0).update(tries=running.MOST_TRIES)

    finished = finish(run)

    assert finished.state == RunState.ENDED
    assert rows_of(run)["main"].counts["failed"] == 1


def test_stopping_ends_the_call_that_runs_and_asks_nobody_else(
    speak: Speak, start: Start, sue: User, playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    speak("main", "hang")
    run = start()
    working = in_thread(go_on, run.pk)
    eventually(lambda: playing.calls)

    stop_run(run, by=sue)
    working.result(60)

    assert run_by_id(run.pk).state == RunState.STOPPED
    assert outcomes(run) == {AnswerOutcome.WAITING}
    assert len(playing.calls) == 1
    assert Call.objects.get().outcome == CallOutcome.STOPPED
    go_on(run.pk)
    assert len(playing.calls) == 1


def test_a_call_whose_worker_was_killed_before_its_run_was_stopped_does_not_stay_open(
    speak: Speak, start: Start, sue: User, jane: Persona
) -> None:
    speak("main", "say:Hello.")
    run = start()
    holding.hold(run.pk)
    whose = {"purpose": "fidelity", "provider": "main", "kind": "openai", "user": sue, "persona": jane}
    lost = Call.objects.create(**whose, estimated_tokens=100)
    stop_run(run, by=sue)
    of_the_next_run = Call.objects.create(**whose)

    sweep_fidelity()
    lost.refresh_from_db()
    assert lost.outcome == CallOutcome.OPEN  # its worker may still be about to end it
    lease_runs_out(run)
    sweep_fidelity()

    lost.refresh_from_db()
    of_the_next_run.refresh_from_db()
    assert (lost.outcome, lost.tokens_in) == (CallOutcome.UNKNOWN, 100)
    assert of_the_next_run.outcome == CallOutcome.OPEN


def test_a_worker_lets_go_of_a_run_that_was_stopped(
    speak: Speak, start: Start, sue: User, playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    speak("main", "hang")
    run = start()
    working = in_thread(go_on, run.pk)
    eventually(lambda: playing.calls)

    stop_run(run, by=sue)
    working.result(60)

    assert run_by_id(run.pk).lease_until is None


def test_a_server_that_ends_leaves_the_run_to_the_next_one(
    speak: Speak, start: Start, monkeypatch: pytest.MonkeyPatch, playing: PlayingServer,
    eventually: Callable[..., None],
) -> None:  # fmt: skip
    speak("main", "hang")
    run = start()
    stop = StopSignal()
    held = holding.hold(run.pk)
    working = in_thread(answer_one, held, stop=stop)
    eventually(lambda: playing.calls)

    stop.set("server_stopped")
    working.result(60)

    assert run_by_id(run.pk).is_running
    assert set(FidelityAnswer.objects.filter(run=run).values_list("tries", flat=True)) == {0}
    monkeypatch.setattr(running_turns, "_is_closing", True)
    go_on(run.pk)
    assert len(playing.calls) == 1


def test_people_who_wait_for_a_place_go_first(
    speak: Speak, start: Start, alice: User, jane: Persona, playing: PlayingServer
) -> None:
    speak("main", "say:Hello.")
    turn = submit_message(alice, text="Hello", client_id="one", persona_slug="jane").turn
    Turn.objects.filter(pk=turn.pk).update(waits_since=timezone.now())
    run = start()

    go_on(run.pk)
    assert not playing.calls

    Turn.objects.filter(pk=turn.pk).update(status=TurnStatus.CANCELLED)
    assert finish(run).state == RunState.ENDED


def test_a_drill_is_no_failure_of_the_voice(speak: Speak, start: Start, sue: User) -> None:
    main = speak("main", "say:Hello.")
    Drill.objects.create(
        provider="main", failure="refused", started_by=sue, fails_until=timezone.now() + timedelta(minutes=5)
    )
    type(main).objects.update(drilled_at=timezone.now())

    row = rows_of(finish(start()))["main"]

    assert row.counts["skipped"] == row.counts.total()
    assert "drill" in row.reason


@pytest.mark.both_databases
def test_of_two_starts_at_once_one_is_refused(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.")
    starts = [in_thread(start) for _ in range(4)]

    refused = [each.exception(60) for each in starts if each.exception(60)]

    assert FidelityRun.objects.count() == 1
    assert len(refused) == 3
    assert {type(each) for each in refused} == {Conflict}


@pytest.mark.both_databases
def test_a_run_is_gone_on_with_by_one_worker_at_a_time(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.")
    run = start()

    holds = [in_thread(holding.hold, run.pk) for _ in range(4)]

    assert len([each for each in holds if each.result(60)]) == 1


def test_a_run_that_was_forgotten_is_interrupted_and_in_nobodys_way(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.")
    forgotten = start()
    FidelityRun.objects.update(moved_at=F("moved_at") - holding.GIVEN_UP_AFTER - timedelta(seconds=1))

    start()

    assert run_by_id(forgotten.pk).state == RunState.INTERRUPTED


def test_a_run_whose_persona_is_gone_asks_nobody(speak: Speak, start: Start, jane: Persona, playing) -> None:
    speak("main", "say:Hello.")
    run = start()
    jane.delete()

    assert finish(run).state == RunState.INTERRUPTED
    assert not playing.calls
    assert compared(run).rows


def test_without_golden_dialogues_there_is_nothing_to_run(speak: Speak, start: Start, jane: Persona) -> None:
    jane.golden_dialogues.all().delete()

    with pytest.raises(InvalidInput, match="no golden dialogues"):
        start()


def test_a_speaker_nobody_knows_is_refused_with_those_there_are(speak: Speak, start: Start) -> None:
    speak("main", "say:Hello.")

    with pytest.raises(InvalidInput, match="main, fallback"):
        start(only=["mian"])


def test_the_order_is_that_of_the_persona_then_all_other_enabled_ones(
    speak: Speak, start: Start, jane: Persona
) -> None:
    speak("first", "say:A.", priority=1)
    speak("second", "say:B.", priority=2)
    speak("off", "say:C.", is_enabled=False)
    jane.cascade = ["second other-model", "gone"]
    jane.save()

    speakers = start().speakers

    assert [each["entry"] for each in speakers] == ["second other-model", "gone", "first first-1", "fallback"]


def test_no_more_speakers_take_part_than_there_is_room_for(speak: Speak, start: Start) -> None:
    for number in range(15):
        speak(f"p{number}", "say:A.", priority=number)

    assert [each["name"] for each in start().speakers][-2:] == ["p10", "fallback"]


def test_the_run_before_is_compared_with(speak: Speak, start: Start, jane: Persona, playing) -> None:
    speak("main", in_voice(jane))
    first = finish(start())
    playing.cast("main-1", OUT_OF_VOICE)

    report = compared(finish(start()))

    assert report.before == first
    assert (report.rows[0].word, report.rows[0].was.overall) == ("off", "close")
    assert report.rows[0].measures[1].was.word == "close"


def test_a_draft_is_asked_with_its_values_which_are_not_saved_and_no_run_is_compared_with_it(
    speak: Speak, start: Start, jane: Persona, playing: PlayingServer
) -> None:
    speak("main", in_voice(jane))
    jane.tone = "curt and grumpy"
    draft = finish(start(draft=jane.snapshot(), only=["main"]))

    assert draft.is_draft
    assert "curt and grumpy" in playing.calls[0].body["messages"][0]["content"]
    jane.refresh_from_db()
    assert jane.tone != "curt and grumpy"
    assert compared(finish(start())).before is None


def test_history_stays_readable_when_dialogues_and_providers_have_changed(
    speak: Speak, start: Start, jane: Persona
) -> None:
    main = speak("main", in_voice(jane))
    run = finish(start())
    main.delete()
    jane.golden_dialogues.all().delete()

    assert rows_of(run)["main"].word == "close"
    compared = comparisons_of(run_by_id(run.pk))[0]
    assert compared.replies[0].text == compared.golden.text


def test_only_so_many_runs_are_kept(speak: Speak, start: Start, jane: Persona, sue: User) -> None:
    speak("main", "say:Hello.")
    for _ in range(KEPT_RUNS + 2):
        stop_run(start_run(jane, by=sue), by=sue)

    assert FidelityRun.objects.count() == KEPT_RUNS


def test_who_starts_and_stops_is_in_the_audit_log(speak: Speak, start: Start, sue: User) -> None:
    speak("main", "say:Hello.")
    run = start()
    stop_run(run, by=sue)
    stop_run(run, by=sue)

    entries = AuditEntry.objects.filter(action__startswith="fidelity.").order_by("pk")
    assert [(each.action, each.actor, each.target) for each in entries] == [
        ("fidelity.started", "sue", "jane"),
        ("fidelity.stopped", "sue", "jane"),
    ]


def test_no_key_is_in_what_is_kept(speak: Speak, start: Start) -> None:
    speak("main", f"fail-then:status:401|say:{KEY} is none of mine.")

    run = finish(start())

    kept = repr([run.snapshot, run.speakers, list(run.answers.values("reason"))])
    assert KEY not in kept


def test_a_run_on_the_command_line_is_left_alone_by_workers(speak: Speak, jane: Persona, playing) -> None:
    speak("main", "say:Hello.")
    held = start_held_run(jane)

    go_on(held.id)
    sweep_fidelity()

    assert not playing.calls
    assert not holding.free_runs()
    assert answer_one(held, stop=StopSignal()) is Next.AT_ONCE
