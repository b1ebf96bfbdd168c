"""Failover drills: a provider fails on purpose, and nobody calls it meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from chat.models import Attempt
from chat.services import submit_message
from core import events
from core.errors import Conflict, InvalidInput
from diagnostics.activity.recording import store
from diagnostics.drills.asking import ask_once
from diagnostics.drills.reporting import report_of
from diagnostics.models import Event
from personas.models import Persona
from providers.circuits.models import Circuit, CircuitState
from providers.circuits.reading import all_circuits
from providers.drills import running, staging
from providers.drills.models import Drill, DrillState, Failure
from providers.drills.running import end_drill, end_recovered, let_recover
from providers.engine_settings import current_limits
from providers.lineup import line_up
from providers.models import EngineSettings, Provider
from tests.chat.working import reply_to
from tests.playing import PlayingServer
from usage.dry_run import dry_run
from usage.models import Call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_engine")]

_numbers = count()


@pytest.fixture(autouse=True)
def two_providers(provider: Callable[..., Provider], jane: Persona) -> None:
    provider("say:From main.", name="main", priority=1)
    provider("say:From spare.", name="spare", priority=2)


@pytest.fixture(autouse=True)
def _events_are_kept(db: None) -> Iterator[None]:
    def keep(kind: str, facts: dict[str, Any]) -> None:
        store([Event(kind=kind, facts=facts, at=timezone.now())])

    events.listen(keep)
    yield
    events.ignore(keep)


@pytest.fixture
def start(sue: User) -> Callable[..., Drill]:
    def start(failure: str = "rate_limited", **options: Any) -> Drill:
        usual = {"provider": "main", "minutes": 5, "is_for_everybody": False, "is_confirmed": False}
        return running.start_drill(options.pop("user", sue), failure=failure, **(usual | options))

    return start


def ask(user: User) -> Attempt:
    turn = submit_message(user, text="Hello", client_id=f"asked-{next(_numbers)}").turn
    return reply_to(turn)


def findings(drill: Drill) -> dict[str, tuple[bool, str]]:
    return {each.name: (each.is_seen, each.text) for each in report_of(drill).findings}


def quick_circuit(*, timeout: float = 60) -> None:
    EngineSettings.objects.update(circuit_breaker_threshold=1, circuit_breaker_timeout=timeout)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("rate_limited", "rate_limited"),
        ("cut", "connection_broken"),
        ("garbage", "stream_unreadable"),
        ("refused", "connection_broken"),
    ],
)
def test_it_fails_in_each_way_without_a_call_and_the_next_one_answers(
    failure: str, code: str, start, sue: User, playing: PlayingServer
) -> None:
    drill = start(failure)

    reply = ask(sue)

    failed, answered = reply.story
    assert (reply.text, failed["code"], failed["drill"]) == ("From spare.", code, drill.pk)
    assert failed["message"].startswith("drill: ")
    assert (answered["outcome"], answered["drill"]) == ("answered", None)
    assert [call.model for call in playing.calls] == ["say:From spare."]


def test_a_time_out_takes_as_long_as_a_real_one(start, sue: User) -> None:
    EngineSettings.objects.update(first_token_timeout=0.2)
    start("time_out")

    failed = ask(sue).story[0]

    assert (failed["code"], failed["message"]) == (
        "time_limit_passed",
        "drill: no first token within 0.2 s",
    )


def test_it_is_for_ones_own_replies_alone(start, sue: User, bob: User) -> None:
    start()

    assert ask(bob).text == "From main."
    assert ask(sue).text == "From spare."


def test_or_for_those_of_everybody(start, bob: User) -> None:
    start(is_for_everybody=True, is_confirmed=True)

    assert ask(bob).text == "From spare."


def test_every_provider_can_fail_and_the_fallback_voice_answers(start, sue: User) -> None:
    drill = start(provider="")

    assert ask(sue).provider["is_fallback"]
    assert findings(drill)["Answers"] == (True, "1 by the fallback voice")


@pytest.mark.both_databases
def test_its_circuit_is_its_own(start, sue: User, bob: User) -> None:
    quick_circuit()
    drill = start()
    ask(sue)

    assert ask(sue).story[0]["message"].startswith("drill: its circuit is open for another")
    assert [each.not_asked for each in report_of(drill).replies] == ["", "main"]
    assert not all_circuits().exists()
    assert ask(bob).text == "From main."
    assert Circuit.objects.get().provider == f"main (drill {drill.pk})"


@pytest.mark.both_databases
def test_it_recovers_as_a_provider_does_and_then_ends_by_itself(start, sue: User) -> None:
    quick_circuit(timeout=0.05)
    drill = start()
    ask(sue)
    let_recover(drill, by=sue)
    assert end_recovered() == 0  # its circuit is open
    Circuit.objects.update(opened_at=timezone.now() - timedelta(minutes=1))

    assert ask(sue).text == "From main."

    seen = findings(drill)
    assert [seen[f"Circuit {each}"][0] for each in ("opened", "half opened", "closed")] == [True] * 3
    assert [each.state for each in report_of(drill).changes] == ["open", "half_open", "closed"]
    assert end_recovered() == 1
    drill.refresh_from_db()
    assert drill.state == DrillState.ENDED
    assert not Circuit.objects.exists()


def test_it_fails_no_longer_than_it_was_told_to(start, sue: User) -> None:
    drill = start()
    Drill.objects.update(fails_until=timezone.now() - timedelta(seconds=1))

    assert ask(sue).text == "From main."
    assert end_recovered() == 1
    assert Provider.objects.filter(drilled_at=None).count() == 2
    assert Event.objects.filter(kind="drill_ended", facts__drill=drill.pk).exists()


def test_one_whose_circuit_never_closes_ends_after_a_while(start, sue: User) -> None:
    quick_circuit()
    start()
    ask(sue)
    Drill.objects.update(fails_until=timezone.now() - timedelta(minutes=11))
    Circuit.objects.update(state=CircuitState.OPEN)

    assert end_recovered() == 1


def test_ended_at_once_everything_is_as_before(start, sue: User) -> None:
    quick_circuit()
    drill = start()
    ask(sue)

    end_drill(drill, by=sue)

    assert ask(sue).text == "From main."
    assert AuditEntry.objects.filter(action="drill.ended", actor="sue").exists()


def test_calls_that_fail_on_purpose_count_nothing(start, sue: User) -> None:
    drill = start("cut")
    ask(sue)

    staged = Call.objects.get(provider="main")
    assert (staged.tokens_in, staged.tokens_out, staged.estimated_tokens, staged.cost_usd) == (0, 0, 0, 0)
    assert findings(drill)["Caps untouched"][0]


def test_a_drill_takes_no_place_of_the_provider(start, sue: User) -> None:
    Provider.objects.filter(name="main").update(max_concurrent_requests=1)
    start()

    assert line_up((), current_limits(), user_id=sue.pk)[0].places is None


def test_without_a_drill_the_line_up_is_one_statement(sue: User, django_assert_num_queries) -> None:
    limits = current_limits()
    with django_assert_num_queries(1):
        line_up((), limits, user_id=sue.pk)


def test_staff_hear_of_it_and_the_audit_log_has_it(start, sue: User) -> None:
    drill = start()
    ask(sue)

    assert Event.objects.get(kind="drill_started").facts["by"] == "sue"
    assert Event.objects.get(kind="call_failed").facts["drill"] == drill.pk
    entry = AuditEntry.objects.get(action="drill.started")
    assert (entry.actor, entry.details["failure"]) == ("sue", "rate_limited")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"provider": "nobody"}, "drill_not_valid"),
        ({"minutes": 31}, "drill_not_valid"),
        ({"minutes": 0}, "drill_not_valid"),
        ({"failure": "boredom"}, "drill_not_valid"),
        ({"is_for_everybody": True}, "drill_not_confirmed"),
    ],
)
def test_what_makes_no_sense_is_refused(start, options: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        start(**options)

    assert refused.value.code == code


def test_a_provider_that_would_not_be_asked_cannot_be_drilled(start) -> None:
    Provider.objects.filter(name="main").update(is_enabled=False)

    with pytest.raises(InvalidInput):
        start()


def test_nobody_is_in_two_drills(start, sue: User, dora: User) -> None:
    start()
    start(user=dora)

    for options in ({}, {"user": dora}, {"is_for_everybody": True, "is_confirmed": True}):
        with pytest.raises(Conflict):
            start(**options)


def test_a_dry_run_tells_of_it(start, sue: User, bob: User) -> None:
    drill, jane = start(), Persona.objects.get(slug="jane")

    assert dry_run(jane, user_id=sue.pk)[0].reason == f"it fails on purpose in drill {drill.pk}"
    assert dry_run(jane, user_id=bob.pk)[0].reason == ""


def test_asking_once_is_part_of_the_report_and_of_no_list(start, sue: User, as_user) -> None:
    drill = start()

    reply = reply_to(ask_once(drill, sue, persona=Persona.objects.get(slug="jane")))

    assert reply.text == "From spare."
    (told,) = report_of(drill).replies
    assert [(call.provider, call.outcome) for call in told.calls] == [
        ("main", "failed"),
        ("spare", "answered"),
    ]
    assert as_user(sue).get("/api/sessions").json()["results"] == []


def test_only_who_takes_part_can_ask(start, dora: User) -> None:
    with pytest.raises(Conflict):
        ask_once(start(), dora, persona=Persona.objects.get(slug="jane"))


def test_over_the_api_it_is_started_read_and_ended(sue: User, as_user: Callable[[User], Client]) -> None:
    client = as_user(sue)
    body = {"provider": "main", "failure": "refused", "minutes": 1}

    started = client.post("/api/drills", body, content_type="application/json")
    path = f"/api/drills/{started.json()['id']}"
    ask(sue)
    report = client.get(path).json()

    assert (started.status_code, report["state"]) == (201, "failing")
    assert [call["is_staged"] for call in report["replies"][0]["calls"]] == [True, False]
    assert report["replies"][0]["answered_by"] == "spare"
    asked = client.post(f"{path}/ask", {}, content_type="application/json")
    assert (asked.status_code, list(asked.json())) == (202, ["turn"])
    assert client.post(f"{path}/recover").json()["state"] == "recovering"
    assert client.post(f"{path}/end").json()["state"] == "ended"
    assert [each["id"] for each in client.get("/api/drills").json()["results"]] == [report["id"]]


def test_each_way_to_fail_is_known_to_the_stage() -> None:
    assert set(staging._ERRORS) | {Failure.TIME_OUT} == set(Failure)


@pytest.mark.both_databases
def test_the_live_page_tells_of_a_drill_while_it_runs(start, vic: User, as_user) -> None:
    def banner() -> str:
        return str(as_user(vic).get("/diagnostics/tiles/?name=drills").content.decode())

    assert "drill-running" not in banner()
    drill = start(is_for_everybody=True, is_confirmed=True)
    assert "fails on purpose until" in banner()
    assert "for everybody" in banner()
    end_drill(drill, by=None)

    assert "drill-running" not in banner()
