"""What calls cost: by staff's price, by the price list, or nobody knows."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from accounts.models import User
from chat.services import submit_message
from core.metrics import REGISTRY
from providers.calls import Usage
from providers.cascade import Trying
from providers.limits import EngineLimits
from providers.lineup import Candidate, candidate_of, fallback_candidate
from providers.models import Provider
from tests.chat.working import reply_to
from tests.usage.conftest import QUESTION
from usage.ledger import Account, LedgerMeter, close_lost
from usage.models import Call, Pricing, Purpose
from usage.pricing import FREE, UNPRICED, Cost, cost_of
from usage.selectors import cost_of_turn

MILLION = 1_000_000


def candidate(**fields: object) -> Candidate:
    row = Provider(**({"name": "any", "kind": "openai", "model": "gpt-4o", "api_key": "any"} | fields))
    return candidate_of(row, EngineLimits())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "openai", "model": "gpt-4o"}, "12.5"),
        ({"kind": "anthropic", "model": "claude-sonnet-5-5"}, "12"),
        ({"model": "gpt-4o", "base_url": "https://api.openai.com/v1"}, "12.5"),
    ],
)
def test_a_model_of_the_price_list_costs_what_the_list_says(fields, expected) -> None:
    assert cost_of(candidate(**fields), Usage(MILLION, MILLION)) == Cost(Decimal(expected), Pricing.LIST)


def test_tokens_from_a_cache_cost_what_the_list_says_of_them() -> None:
    whole = cost_of(candidate(), Usage(MILLION, 0)).usd
    half_cached = cost_of(candidate(), Usage(MILLION, 0, tokens_cached=MILLION // 2)).usd

    assert (whole, half_cached) == (Decimal("2.5"), Decimal("1.875"))


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "a-model-nobody-heard-of"},
        {"kind": "scripted", "model": "echo"},
        {"model": "gpt-4o", "base_url": "https://models.example.org/v1"},
        {"model": "gpt-4o", "base_url": "http://127.0.0.1:11434/v1"},
    ],
)
def test_what_the_list_does_not_know_is_unpriced_and_not_free(fields) -> None:
    assert cost_of(candidate(**fields), Usage(10, 10)) == UNPRICED


def test_the_price_of_staff_comes_before_the_list() -> None:
    own = candidate(price_in=1.0, price_out=2.0, price_cached=0.5)

    assert cost_of(own, Usage(MILLION, MILLION)) == Cost(Decimal(3), Pricing.STAFF)
    assert cost_of(own, Usage(MILLION, 0, tokens_cached=MILLION)).usd == Decimal("0.5")


def test_without_a_price_of_their_own_cached_tokens_cost_as_other_input() -> None:
    assert cost_of(candidate(price_in=1.0, price_out=2.0), Usage(MILLION, 0, tokens_cached=9)).usd == 1


def test_free_is_a_price_that_staff_can_set() -> None:
    local = candidate(model="llama3.2", base_url="http://127.0.0.1:11434/v1", price_in=0, price_out=0)

    assert cost_of(local, Usage(500, 500)) == Cost(Decimal(0), Pricing.STAFF)


def test_the_fallback_voice_costs_nothing() -> None:
    assert cost_of(fallback_candidate(), Usage(500, 500)) == FREE


def test_a_call_that_used_nothing_costs_nothing_whatever_its_price() -> None:
    assert cost_of(candidate(model="a-model-nobody-heard-of"), Usage()) == FREE


def test_more_cached_tokens_than_there_were_are_a_slip_of_the_provider() -> None:
    assert cost_of(candidate(), Usage(MILLION, 0, tokens_cached=9 * MILLION)).usd == Decimal("1.25")


@pytest.mark.parametrize("broken", ["much", -1, float("nan")])
def test_a_price_that_is_broken_in_the_database_counts_as_none(broken) -> None:
    assert cost_of(candidate(price_in=broken, price_out=1.0), Usage(MILLION, 0)).pricing == Pricing.LIST


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the other database refuses it")
def test_a_price_forced_in_by_sql_keeps_no_provider_from_being_read() -> None:
    Provider.objects.create(name="forced", kind="scripted", model="echo", price_out=1.0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_provider SET price_in = 'much'")

    assert candidate_of(Provider.objects.get(), EngineLimits()).price is None


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"price_in": 1.0}, "price_out"),
        ({"price_out": 1.0}, "price_in"),
        ({"price_cached": 1.0}, "price_cached"),
    ],
)
def test_half_a_price_is_refused(fields, at) -> None:
    with pytest.raises(ValidationError) as refused:
        Provider(name="any", kind="openai", **fields).clean()

    assert list(refused.value.message_dict) == [at]


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_ledger_keeps_what_a_call_cost_and_how_that_is_known(pass_gate, provider, playing) -> None:
    provider("tokens:12@1000", price_in=2.0, price_out=10.0)
    held: list[Call] = []
    _, [call] = pass_gate(
        on_event=lambda event: isinstance(event, Trying) and held.append(Call.objects.get())
    )
    tokens_in = playing.calls[0].tokens_in

    assert call.cost_usd == Decimal(2 * tokens_in + 10 * 12) / MILLION
    assert call.pricing == Pricing.STAFF
    estimated_in = held[0].estimated_tokens - QUESTION.max_tokens
    assert held[0].estimated_cost_usd == Decimal(2 * estimated_in + 10 * QUESTION.max_tokens) / MILLION


@pytest.mark.django_db
def test_a_call_without_a_price_has_no_cost_in_the_ledger(pass_gate, provider) -> None:
    provider("say:hello")
    _, [call] = pass_gate()

    assert (call.cost_usd, call.pricing) == (None, Pricing.UNPRICED)


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_lost_call_costs_what_was_held_for_it() -> None:
    priced = candidate(price_in=1.0, price_out=1.0)
    lost = LedgerMeter(Account(Purpose.CHAT, turn_id=1)).opened(priced, QUESTION).row
    close_lost(1)
    lost.refresh_from_db()

    assert lost.cost_usd == lost.estimated_cost_usd == Decimal(lost.estimated_tokens) / MILLION


@pytest.mark.django_db
def test_costs_and_unpriced_calls_are_counted_for_prometheus(pass_gate, provider) -> None:
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"valis_{name}_total", labels) or 0.0

    provider("say:hello", name="unpriced-one", priority=1)
    pass_gate()
    provider("tokens:10", name="priced-one", priority=0, price_in=0, price_out=100_000)
    pass_gate()

    assert counted("calls_unpriced", provider="unpriced-one") == 1
    assert counted("cost_usd", provider="priced-one", pricing="staff") == 1.0


@pytest.mark.both_databases
@pytest.mark.django_db
def test_a_turn_costs_what_all_its_calls_cost_if_all_have_a_price() -> None:
    values = {"purpose": "chat", "provider": "any", "kind": "any", "turn_id": 7}
    for cost in ("0.25", "0.5"):
        Call.objects.create(**values, cost_usd=Decimal(cost), pricing=Pricing.LIST)
    assert cost_of_turn(7) == Decimal("0.75")

    Call.objects.create(**values)
    assert cost_of_turn(7) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "tells"), [("alice", False), ("sue", True)])
def test_the_story_of_a_reply_tells_its_cost_to_those_who_may_see_the_ledger(
    request, as_user, jane, quick_engine, provider, name, tells
) -> None:
    person: User = request.getfixturevalue(name)
    provider("tokens:42", price_in=0, price_out=100)
    turn = submit_message(person, text="Hello Jane.", client_id="one").turn
    reply_to(turn)
    page = as_user(person).get(reverse("chat:story", args=[turn.pk])).content.decode()

    assert ("$0.0042" in page) is tells
