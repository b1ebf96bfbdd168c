"""The gate: every call has its row, before it is made and after it ended."""

import pytest
from django.db import Error, InterfaceError, OperationalError, connection

from core.request_id import start_request
from personas.models import Persona
from providers.calls import estimate_tokens
from providers.cascade import CascadeEvent, Restarted, Trying
from providers.models import EngineSettings
from providers.stopping import CallStopped, StopSignal
from tests.usage.conftest import QUESTION
from usage.ledger import Account
from usage.models import Call, CallOutcome, Purpose


@pytest.mark.parametrize("kind", ["anthropic", "openai"])
def test_an_answered_call_leaves_one_row_with_what_it_took(pass_gate, provider, playing, kind) -> None:
    provider("tokens:12@100", kind=kind)
    text, [call] = pass_gate()

    assert text.startswith("w0 ")
    assert (call.provider, call.kind, call.model) == ("main", kind, "tokens:12@100")
    assert (call.outcome, call.error_code) == (CallOutcome.ANSWERED, "")
    assert (call.tokens_in, call.tokens_out) == (playing.calls[0].tokens_in, 12)
    assert not call.is_estimated
    assert 0 < call.first_token_ms < call.duration_ms


def test_the_row_is_there_before_the_call_is_made_and_holds_its_estimate(
    pass_gate, provider, playing
) -> None:
    provider("say:hello")
    seen: list[tuple[str, int, int]] = []

    def look(event: CascadeEvent) -> None:
        if isinstance(event, Trying):
            call = Call.objects.get()
            seen.append((call.outcome, call.estimated_tokens, len(playing.calls)))

    pass_gate(on_event=look)
    expected = estimate_tokens(QUESTION.system, "How are you today?") + QUESTION.max_tokens

    assert seen == [(CallOutcome.OPEN, expected, 0)]


def test_each_call_of_a_cascade_has_a_row_of_its_own(pass_gate, provider) -> None:
    provider("status:500", name="one", priority=1)
    provider("hang", name="two", priority=2, first_token_timeout=0.1)
    provider("", name="keyless", kind="anthropic", base_url="", api_key="", priority=3)
    provider("say:hello", name="three", priority=4)
    _, calls = pass_gate()

    assert [(call.provider, call.outcome, call.error_code) for call in calls] == [
        ("one", CallOutcome.FAILED, "server_failed"),
        ("two", CallOutcome.FAILED, "time_limit_passed"),
        ("three", CallOutcome.ANSWERED, ""),
    ]


def test_each_round_has_rows_of_its_own(pass_gate, provider, playing) -> None:
    EngineSettings.objects.update(retry_schedule=[0.01, 0.01])
    provider("flaky:2")
    _, calls = pass_gate()

    assert [call.outcome for call in calls] == ["failed", "failed", "answered"]
    assert len(calls) == len(playing.calls)


def test_the_fallback_voice_is_in_the_ledger_too(pass_gate, db) -> None:
    _, [call] = pass_gate()

    assert (call.provider, call.kind, call.outcome) == ("fallback", "fallback", CallOutcome.ANSWERED)


def test_a_call_that_found_nobody_is_skipped_and_cost_nothing(pass_gate, provider, playing) -> None:
    provider("say:hello")
    pass_gate()
    playing.stop()
    _, [_, skipped, _] = pass_gate()

    assert (skipped.outcome, skipped.error_code) == (CallOutcome.SKIPPED, "skipped")
    assert (skipped.tokens_in, skipped.tokens_out) == (0, 0)


def test_a_broken_off_reply_counts_what_it_wrote_as_an_estimate(pass_gate, provider) -> None:
    provider("no-terminal:40")
    _, [broken, _] = pass_gate()

    assert (broken.outcome, broken.error_code) == (CallOutcome.FAILED, "connection_broken")
    assert broken.is_estimated
    assert broken.tokens_out >= 25


def test_a_stopped_call_says_why(pass_gate, provider) -> None:
    provider("hang")
    signal = StopSignal()
    with pytest.raises(CallStopped):
        pass_gate(stop=signal, on_event=lambda event: signal.set("stopped_by_person"))
    call = Call.objects.get()

    assert (call.outcome, call.error_code) == (CallOutcome.STOPPED, "stopped_by_person")


def test_the_row_says_for_whom_it_was(pass_gate, provider, alice, jane: Persona) -> None:
    provider("say:hello")
    start_request("a-request-id")
    account = Account(
        Purpose.CHAT, user_id=alice.pk, persona_id=jane.pk, persona_slug="jane", turn_id=7, attempt=2
    )
    _, [call] = pass_gate(account=account)

    assert (call.purpose, call.user, call.persona, call.persona_slug) == ("chat", alice, jane, "jane")
    assert (call.turn_id, call.attempt, call.request_id) == (7, 2, "a-request-id")


def test_after_a_new_start_the_rows_follow_the_attempt(pass_gate, provider) -> None:
    provider("no-terminal:5", name="one", priority=1)
    provider("say:hello", name="two", priority=2)
    account = Account(Purpose.CHAT, turn_id=7, attempt=1)

    def count(event: CascadeEvent) -> None:
        if isinstance(event, Restarted):
            account.attempt = 2

    _, calls = pass_gate(account=account, on_event=count)

    assert [(call.provider, call.attempt) for call in calls] == [("one", 1), ("two", 2)]


def test_neither_keys_nor_texts_are_in_the_ledger(pass_gate, provider) -> None:
    provider("echo", api_key="sk-VALISCANARY-0123")
    _, calls = pass_gate()
    everything = str([vars(call) for call in calls])

    assert "VALISCANARY" not in everything
    assert "How are you" not in everything
    assert "Maya" not in everything


def test_a_row_that_cannot_be_written_before_lets_no_call_happen(pass_gate, provider, playing) -> None:
    provider("say:never")
    with pytest.raises(Error):
        pass_gate(account=Account(Purpose.CHAT, attempt=-1))

    assert len(playing.calls) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", [OperationalError, InterfaceError])
def test_a_database_that_goes_away_during_the_call_takes_nothing_from_the_reply(
    pass_gate, provider, gone, caplog, monkeypatch
) -> None:
    monkeypatch.setattr("core.patience.SAVE_SECONDS", 0.1)
    provider("say:hello")

    def away(execute, sql, params, many, context):
        if sql.startswith('UPDATE "usage_call"'):
            raise gone("the database is away")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        text, [call] = pass_gate()

    assert text == "hello"
    assert call.outcome == CallOutcome.OPEN
    assert f"the outcome of call {call.pk} could not be written" in caplog.text
