"""Daily caps: what a persona may use in a day, whoever talks with it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from chat.services import submit_message
from core import events
from personas.models import Persona
from providers.cascade import Answered, CascadeEvent
from providers.engine_settings import current_limits
from providers.errors import CapReached
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from providers.models import EngineSettings, Provider
from tests.chat.working import reply_to
from tests.usage.conftest import QUESTION
from usage.caps import DailyCap
from usage.ledger import Account, LedgerMeter
from usage.models import Call, CallOutcome, Pricing, Purpose

ESTIMATE = 109
"""What a call with `QUESTION` holds: its input, and the longest reply that it allows."""
FREE = {"price_in": 0.0, "price_out": 0.0}

Ask = Callable[..., tuple[str, list[Call]]]


def used(persona: Persona, tokens: int = 0, *, cost: str | None = None, **fields: Any) -> Call:
    """A call of today that has ended, unless `fields` say otherwise."""
    values = {"purpose": Purpose.CHAT, "provider": "any", "kind": "openai", "outcome": CallOutcome.ANSWERED}
    usd = None if cost is None else Decimal(cost)
    pricing = Pricing.UNPRICED if usd is None else Pricing.LIST
    return Call.objects.create(
        **(values | {"persona": persona, "tokens_in": tokens, "cost_usd": usd, "pricing": pricing} | fields)
    )


def at(call: Call, moment: datetime) -> None:
    Call.objects.filter(pk=call.pk).update(started_at=moment)


def cap(persona: Persona, **caps: Any) -> None:
    Persona.objects.filter(pk=persona.pk).update(**caps)


def account_of(persona: Persona) -> Account:
    return Account(Purpose.CHAT, persona_id=persona.pk, persona_slug=persona.slug)


@pytest.fixture
def ask(pass_gate, jane: Persona) -> Ask:
    """Passes the gate for Jane: the reply, and the steps of its story."""

    def ask(**options: Any) -> tuple[str, list[Any]]:
        seen: list[CascadeEvent] = []
        text, _ = pass_gate(account=account_of(jane), on_event=seen.append, **options)
        answered = seen[-1]
        assert isinstance(answered, Answered)
        return text, list(answered.steps)

    return ask


pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_below_its_caps_a_persona_is_answered_for(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=ESTIMATE, daily_cost_cap_usd=0.01)
    provider("say:hello", **FREE)

    assert ask()[0] == "hello"


def test_over_its_tokens_the_fallback_voice_answers_and_says_why(ask, provider, playing, jane) -> None:
    cap(jane, daily_token_cap=1000)
    used(jane, 1000)
    provider("say:hello")
    text, [step, fallback] = ask()

    assert "I may use only so much in a day" in text
    assert "midnight (UTC)" in text
    assert (step.provider, step.outcome, step.code) == ("main", "skipped", "capped")
    assert step.message == "the persona's cap of 1,000 tokens a day is reached"
    assert (fallback.provider, fallback.outcome) == ("fallback", "answered")
    assert len(playing.calls) == 0


def test_over_its_costs_the_fallback_voice_answers_and_says_why(ask, provider, playing, jane) -> None:
    cap(jane, daily_cost_cap_usd=0.5)
    used(jane, cost="0.5")
    provider("say:hello", **FREE)
    text, [step, _] = ask()

    assert "I may use only so much in a day" in text
    assert step.message == "the persona's cap of $0.50 a day is reached"
    assert len(playing.calls) == 0


def test_a_call_that_might_go_over_the_tokens_is_not_made(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=1000)
    used(jane, 1000 - ESTIMATE + 1)
    provider("say:hello")

    assert ask()[1][0].message == (
        f"of the persona's 1,000 tokens a day {ESTIMATE - 1} are left, and this call may take {ESTIMATE}"
    )


def test_a_call_that_just_fits_is_made(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=1000)
    used(jane, 1000 - ESTIMATE)
    provider("say:hello")

    assert ask()[0] == "hello"


def test_a_call_that_might_cost_too_much_leaves_it_to_a_cheaper_provider(ask, provider, jane) -> None:
    cap(jane, daily_cost_cap_usd=0.01)
    provider("say:dear", name="dear", priority=1, price_in=0, price_out=1000)
    provider("say:cheap", name="cheap", priority=2, **FREE)
    text, [dear, cheap] = ask()

    assert (text, dear.code, cheap.outcome) == ("cheap", "capped", "answered")
    assert dear.message == "of the persona's $0.01 a day $0.01 is left, and this call may cost $0.10"


@pytest.mark.parametrize("none", [{"daily_token_cap": 0}, {"daily_cost_cap_usd": 0}])
def test_a_cap_of_nothing_lets_nothing_through(ask, provider, playing, jane, none) -> None:
    cap(jane, **none)
    provider("say:hello", **FREE)
    ask()

    assert len(playing.calls) == 0


@pytest.mark.parametrize("default", [{"daily_token_cap": 100}, {"daily_cost_cap_usd": 0.1}])
def test_a_persona_without_caps_has_those_of_the_engine(ask, provider, playing, jane, default) -> None:
    EngineSettings.objects.update(**default)
    used(jane, 100, cost="0.1")
    provider("say:hello", **FREE)

    assert ask()[1][0].code == "capped"
    cap(jane, daily_token_cap=10_000, daily_cost_cap_usd=5)
    assert ask()[0] == "hello"


def test_the_engine_allows_a_hundred_thousand_tokens_and_a_dollar_unless_staff_say_otherwise(db) -> None:
    EngineSettings.objects.all().delete()
    limits = current_limits()

    assert (limits.daily_token_cap, limits.daily_cost_cap_usd) == (100_000, 1.0)


def test_open_calls_count_at_their_estimate(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=1000)
    used(jane, outcome=CallOutcome.OPEN, estimated_tokens=1000)
    provider("say:hello")

    assert ask()[1][0].code == "capped"


def test_open_calls_hold_what_they_may_cost(ask, provider, jane) -> None:
    cap(jane, daily_cost_cap_usd=1)
    used(jane, outcome=CallOutcome.OPEN, estimated_cost_usd=Decimal(1))
    provider("say:hello", **FREE)

    assert ask()[1][0].code == "capped"


def test_unpriced_calls_count_by_their_tokens_alone(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=10_000, daily_cost_cap_usd=0.5)
    used(jane, 9_000)
    provider("say:hello")

    assert ask()[0] == "hello"
    used(jane, 1_000)
    assert ask()[1][0].code == "capped"


def test_what_others_used_and_what_the_fallback_voice_said_counts_for_nothing(
    ask, provider, jane, sam
) -> None:
    cap(jane, daily_token_cap=1000)
    used(sam, 5000)
    used(jane, 5000, kind="fallback")
    provider("say:hello")

    assert ask()[0] == "hello"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_begins_at_midnight_where_the_server_is(ask, provider, jane, zone, settings) -> None:
    settings.TIME_ZONE = zone
    cap(jane, daily_token_cap=1000)
    provider("say:hello")
    noon = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo(zone))
    midnight = noon.replace(hour=0)
    earlier = used(jane, 1000)
    with time_machine.travel(noon, tick=True):
        at(earlier, midnight - timedelta(seconds=1))
        assert ask()[0] == "hello"
        at(earlier, midnight + timedelta(seconds=1))
        assert ask()[1][0].code == "capped"


def test_nobody_is_asked_where_the_caps_cannot_be_read(ask, provider, playing, monkeypatch, caplog) -> None:
    def broken(self: DailyCap, moment: datetime) -> None:
        raise DatabaseError("no such column")

    monkeypatch.setattr(DailyCap, "_sums", broken)
    provider("say:hello")
    text, [step, _] = ask()

    assert "cannot be read just now" in text
    assert (step.code, step.message) == ("capped", "the persona's daily caps cannot be read")
    assert len(playing.calls) == 0
    assert "the caps of persona jane cannot be read" in caplog.text


@pytest.mark.parametrize("column", ["daily_token_cap", "daily_cost_cap_usd"])
def test_a_cap_forced_in_by_sql_lets_nothing_through(ask, provider, playing, jane, column) -> None:
    with connection.cursor() as cursor:
        # Each database has its own way of holding what no form lets through.
        if connection.vendor == "sqlite":
            cursor.execute(f"UPDATE personas_persona SET {column} = 'much'")
        else:
            cursor.execute(
                f"ALTER TABLE personas_persona DROP CONSTRAINT IF EXISTS personas_persona_{column}_check"
            )
            cursor.execute(f"UPDATE personas_persona SET {column} = -1")
    provider("say:hello")

    assert "cannot be read just now" in ask()[0]
    assert len(playing.calls) == 0


def test_a_call_that_was_not_made_is_not_in_the_ledger(ask, provider, jane) -> None:
    cap(jane, daily_token_cap=0)
    provider("say:hello")
    ask()

    assert [call.provider for call in Call.objects.all()] == ["fallback"]


def test_who_talks_without_a_persona_has_no_caps(pass_gate, provider) -> None:
    EngineSettings.objects.update(daily_token_cap=0)
    provider("say:hello")

    assert pass_gate()[0] == "hello"


def test_staff_hear_of_it_once_a_day(ask, provider, jane, monkeypatch) -> None:
    told: list[tuple[str, object]] = []
    monkeypatch.setattr(events, "_listeners", [lambda kind, facts: told.append((kind, facts["persona"]))])
    cap(jane, daily_token_cap=0)
    provider("say:hello")
    ask()
    ask()
    assert told == [("persona_capped", "jane")]

    cap(jane, capped_on=timezone.localdate() - timedelta(days=1))
    ask()
    assert told == [("persona_capped", "jane")] * 2


def test_a_chat_over_the_cap_is_answered_by_the_fallback_voice(alice, jane, provider, playing) -> None:
    cap(jane, daily_token_cap=0)
    provider("say:hello")
    turn = submit_message(alice, text="Hello Jane.", client_id="one", persona_slug="jane").turn
    reply = reply_to(turn)

    assert "I may use only so much in a day" in reply.text
    assert [step["code"] for step in reply.story] == ["capped", ""]
    assert reply.provider["is_fallback"]


@pytest.mark.django_db(transaction=True)
def test_of_calls_that_begin_at_once_as_many_pass_as_there_is_room_for(jane) -> None:
    room = 3
    cap(jane, daily_token_cap=room * ESTIMATE)
    candidate = candidate_of(Provider(name="main", kind="scripted", model="echo"), EngineLimits())
    together, passed = threading.Barrier(8), []

    def begin() -> None:
        try:
            meter = LedgerMeter(account_of(jane), cap=DailyCap(jane.pk, EngineLimits()))
            together.wait(20)
            meter.opened(candidate, QUESTION)
            passed.append(1)
        except CapReached:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    held = Call.objects.filter(outcome=CallOutcome.OPEN).count()

    assert len(passed) == held == room
