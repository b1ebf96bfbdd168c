"""The ledger itself: calls whose worker died, tests of a provider, and reading it in admin."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import QuerySet
from django.urls import reverse

from providers.calls import Usage
from providers.lineup import fallback_candidate
from providers.models import EngineSettings, Provider
from providers.story import Outcome, Step
from tests.usage.conftest import QUESTION
from usage.ledger import Account, LedgerMeter, OpenCall, close_lost
from usage.metering import test_provider as ask_once
from usage.models import Call, CallOutcome, Purpose

pytestmark = pytest.mark.django_db
ANSWERED = Step("fallback", "fallback", "Fallback voice", "", Outcome.ANSWERED, 1, duration_ms=5.0)


def open_call(*, turn_id: int | None = None) -> Call:
    return LedgerMeter(Account(Purpose.CHAT, turn_id=turn_id)).opened(fallback_candidate(), QUESTION).row


def close(call: Call) -> None:
    LedgerMeter(Account(Purpose.CHAT)).closed(OpenCall(call, fallback_candidate()), ANSWERED, Usage(3, 4))


def test_the_lost_calls_of_a_turn_are_closed_at_their_estimate() -> None:
    lost = open_call(turn_id=1)

    assert close_lost(1) == 1
    lost.refresh_from_db()
    assert (lost.outcome, lost.is_estimated) == (CallOutcome.UNKNOWN, True)
    assert lost.tokens_in == lost.estimated_tokens > 100


@pytest.mark.django_db(transaction=True)
def test_the_outcome_of_a_call_waits_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    call = open_call()
    really_update, failures = QuerySet.update, iter([OperationalError(), InterfaceError()])

    def update(rows: QuerySet[Call], **values: object) -> int:
        for failure in failures:
            raise failure
        return really_update(rows, **values)

    monkeypatch.setattr("core.patience._RETRY_PAUSE", 0.01)
    monkeypatch.setattr(QuerySet, "update", update)
    close(call)

    call.refresh_from_db()
    assert (call.outcome, call.tokens_out) == ("answered", 4)


def test_calls_of_other_turns_and_closed_ones_stay_as_they_are() -> None:
    other, closed = open_call(turn_id=2), open_call(turn_id=1)
    close(closed)

    assert close_lost(1) == 0
    other.refresh_from_db()
    closed.refresh_from_db()
    assert (other.outcome, closed.outcome, closed.tokens_out) == ("open", "answered", 4)


def test_a_call_that_was_given_up_as_lost_is_not_closed_a_second_time() -> None:
    lost = open_call(turn_id=1)
    close_lost(1)
    close(lost)
    lost.refresh_from_db()

    assert lost.outcome == CallOutcome.UNKNOWN


def test_an_outcome_that_is_no_outcome_cannot_be_stored() -> None:
    with pytest.raises(IntegrityError):
        Call.objects.create(purpose="chat", provider="any", kind="any", outcome="fine")


def test_the_ledger_outlives_the_person_and_the_persona(alice, jane) -> None:
    call = Call.objects.create(
        purpose="chat", user=alice, persona=jane, persona_slug="jane", provider="any", kind="any"
    )
    alice.delete()
    jane.delete()
    call.refresh_from_db()

    assert (call.user, call.persona, call.persona_slug) == (None, None, "jane")


def test_a_test_of_a_provider_returns_what_happened_and_what_it_said(provider, quick_engine) -> None:
    step, text = ask_once(provider("say:here"), user_id=None)

    assert (step.outcome, step.provider, text) == (Outcome.ANSWERED, "main", "here")


def test_a_test_of_a_provider_that_fails_has_no_text_of_the_fallback_voice(provider, quick_engine) -> None:
    step, text = ask_once(provider("status:500"), user_id=None)

    assert (step.outcome, step.code, text) == (Outcome.FAILED, "server_failed", "")


def test_a_test_asks_one_question_once_whatever_the_schedule(provider, playing) -> None:
    EngineSettings(retry_schedule=[0, 0, 0]).save()
    ask_once(provider("status:500"), user_id=None)

    assert len(playing.calls) == 1
    assert Call.objects.filter(provider="main", purpose=Purpose.TEST).count() == 1


def test_a_test_of_a_row_that_is_broken_says_so(quick_engine) -> None:
    step, _ = ask_once(Provider(name="odd", kind="gone"), user_id=None)

    assert (step.outcome, step.message) == (Outcome.SKIPPED, "unknown kind “gone”")


def test_the_ledger_is_for_reading_only(sue, as_user) -> None:
    call = open_call()
    staff = as_user(sue)

    assert staff.get(reverse("admin:usage_call_changelist")).status_code == 200
    assert staff.get(reverse("admin:usage_call_change", args=[call.pk])).status_code == 200
    assert staff.get(reverse("admin:usage_call_add")).status_code == 403
    assert staff.post(reverse("admin:usage_call_change", args=[call.pk]), {}).status_code == 403
    assert staff.post(reverse("admin:usage_call_delete", args=[call.pk]), {"post": "yes"}).status_code == 403


def test_the_ledger_is_read_by_staff_with_the_right_alone(alice, as_user) -> None:
    address = reverse("admin:usage_call_changelist")

    assert as_user(alice).get(address).status_code == 302
    alice.is_staff = True
    alice.save()
    assert as_user(alice).get(address).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="read_diagnostics"))
    assert as_user(alice).get(address).status_code == 200


def test_the_list_of_calls_asks_the_database_as_often_for_many_as_for_one(
    sue, as_user, django_assert_max_num_queries
) -> None:
    for turn in range(30):
        open_call(turn_id=turn)
    staff = as_user(sue)
    with django_assert_max_num_queries(12):
        assert staff.get(reverse("admin:usage_call_changelist")).status_code == 200
