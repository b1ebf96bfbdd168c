"""How full the context of a session is, and what it has cost."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from chat import gauging
from chat.gauging import Gauge, gauge_of
from chat.models import Session, Turn
from memory.models import Memory
from memory.switches import want_memory
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from usage.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]


@pytest.fixture(autouse=True)
def main(provider: Callable[..., Provider]) -> Provider:
    """A provider with a price, whose replies are known."""
    return provider("say:Aha.", price_in=2.0, price_out=10.0)


@pytest.fixture
def talk(say: Say) -> Callable[..., Session]:
    """Say these in one session, each after the reply to the one before."""

    def talk(*texts: str) -> Session:
        turn: Turn | None = None
        for text in texts:
            turn = say(text, session_id=turn.session_id if turn else None).turn
            reply_to(turn)
        assert turn is not None
        return Session.objects.get(pk=turn.session_id)

    return talk


def gauged(session: Session) -> Gauge:
    return gauge_of(Session.objects.select_related("persona").get(pk=session.pk))


def test_what_was_said_and_the_persona_fill_it(talk) -> None:
    context = gauged(talk("One", "Two")).context

    assert context.messages == 4
    assert context.characters == len("OneAha.TwoAha.")
    assert context.tokens == context.persona_tokens + context.said_tokens
    assert 0 < context.percent < 100
    assert context.left_out == 0


def test_what_the_persona_remembers_is_counted(talk, learn: Callable[..., Memory], alice: User) -> None:
    session = talk("Do you remember my cello?")
    before = gauged(session).context
    learn("Plays the cello in an orchestra of forty.")
    context = gauged(session).context

    assert before.memory_tokens == 0
    assert context.memory_tokens > 10
    assert context.persona_tokens == before.persona_tokens
    assert context.tokens == before.tokens + context.memory_tokens
    want_memory(alice, is_on=False)
    assert gauged(session).context.memory_tokens == 0


def test_of_what_is_left_out_only_so_much_is_counted(
    talk, quick_engine: EngineSettings, monkeypatch: pytest.MonkeyPatch, as_user, alice: User
) -> None:
    monkeypatch.setattr(gauging, "MOST_LEFT_OUT", 2)
    quick_engine.history_messages = 2
    quick_engine.save()
    session = talk("One", "Two", "Three", "Four", "Five")

    assert gauged(session).context.left_out == 2
    page = as_user(alice).get(f"/chat/{session.pk}/usage/").content.decode()
    assert "2 messages or more are no longer told" in page


def test_it_is_full_as_soon_as_something_is_left_out(talk, quick_engine: EngineSettings) -> None:
    quick_engine.history_messages = 2
    quick_engine.save()

    context = gauged(talk("One", "Two", "Three")).context

    assert (context.percent, context.left_out, context.messages) == (100, 2, 2)


def test_the_limit_that_comes_first_counts(talk, quick_engine: EngineSettings) -> None:
    quick_engine.history_messages = 8
    quick_engine.save()

    assert gauged(talk("One", "Two", "Three")).context.percent == 75


def test_a_models_own_window_is_known_from_the_price_list(
    talk, main: Provider, quick_engine: EngineSettings
) -> None:
    session = talk("One")
    quick_engine.history_characters = 2_000_000
    quick_engine.save()
    Provider.objects.filter(pk=main.pk).update(kind="openai", model="gpt-4o", base_url="")

    context = gauged(session).context

    assert (context.model, context.window) == ("gpt-4o", 128_000)
    assert context.room == 128_000 - quick_engine.max_output
    assert context.is_window_smaller


def test_a_session_costs_what_all_its_calls_cost(talk) -> None:
    gauge = gauged(talk("One", "Two"))

    calls = Call.objects.all()
    assert gauge.total.calls == 2
    assert gauge.total.tokens_in == sum(call.tokens_in for call in calls)
    assert gauge.total.usd == sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0)) > 0
    assert [each.provider for each in gauge.parts] == ["main"]


def test_what_has_no_price_is_not_nothing(talk, main: Provider) -> None:
    Provider.objects.filter(pk=main.pk).update(price_in=None, price_out=None)
    session = talk("One")
    assert gauged(session).total.cost_in_words == "unpriced"

    Call.objects.create(
        purpose="chat", turn_id=Turn.objects.get().pk, provider="other", kind="openai",
        outcome="answered", tokens_in=10, cost_usd=Decimal("0.02"), pricing="list",
    )  # fmt: skip
    total = gauged(session).total

    assert (total.cost_in_words, total.unpriced) == ("$0.02 + unpriced", 1)


def test_a_new_session_has_cost_nothing(alice: User, as_user, jane) -> None:
    session = Session.objects.create(owner=alice, persona=jane)

    told = as_user(alice).get(f"/api/sessions/{session.pk}/usage").json()

    assert (told["cost_usd"], told["calls"], told["providers"]) == (0, 0, [])


def test_the_api_tells_the_owner_and_nobody_else(
    talk, alice: User, bob: User, charlie: User, as_user
) -> None:
    session = talk("One")

    def asked(person: User) -> int:
        return as_user(person).get(f"/api/sessions/{session.pk}/usage").status_code

    assert [asked(person) for person in (alice, bob, charlie)] == [200, 404, 404]
    assert Client().get(f"/api/sessions/{session.pk}/usage").status_code == 401
    told = as_user(alice).get(f"/api/sessions/{session.pk}/usage").json()
    assert told["providers"][0]["provider"] == "main"
    assert told["cost_usd"] > 0


def test_a_persona_that_cannot_be_read_hides_nothing(talk) -> None:
    session = talk("One")
    type(session.persona).objects.filter(pk=session.persona_id).update(traits=["broken"])

    assert gauged(session).total.calls == 1


@pytest.mark.both_databases
def test_it_takes_few_queries(talk, django_assert_max_num_queries) -> None:
    session = Session.objects.select_related("persona").get(pk=talk("One", "Two", "Three").pk)

    with django_assert_max_num_queries(7):
        gauge_of(session)


def test_the_page_tells_it_in_words(talk, alice: User, as_user) -> None:
    session = talk("One")

    page = as_user(alice).get(f"/chat/{session.pk}/usage/").content.decode()
    short = as_user(alice).get(f"/chat/{session.pk}/gauge/").content.decode()

    assert "tokens go along with your next message" in page
    assert "of at most 40" in page
    assert "full, cost of this chat" in short
