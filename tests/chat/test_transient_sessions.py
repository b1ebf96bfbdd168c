"""What a program asks leaves nothing behind but its row in the ledger, and is seen by nobody else."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import tasks
from chat.answering import answer_turn
from chat.briefs import Brief
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from chat.services import stop_turn, submit_message
from chat.transient import delete_expired, forget_delivered, submit_transient
from core.threads import in_database_thread
from personas.models import Persona
from providers.calls import Utterance
from providers.models import EngineSettings, Provider
from tests.chat.working import answering_in_thread, dispatched_turns, reply_to, working
from tests.playing import PlayingServer
from usage.models import Call, CallOutcome

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SECRET = "The code is 4711."


def dialogue(*texts: str) -> tuple[Utterance, ...]:
    roles = ("user", "assistant") * len(texts)
    return tuple(Utterance(role, text) for role, text in zip(roles, texts, strict=False))


@pytest.fixture
def ask(alice: User, jane: Persona) -> Callable[..., Turn]:
    def ask(*texts: str, **wishes: Any) -> Turn:
        brief = Brief(dialogue=dialogue(*(texts or (SECRET,))), **wishes)
        return submit_transient(alice, session_id=uuid.uuid4(), persona=jane, brief=brief)

    return ask


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def post(browser: Client | AsyncClient, **fields: Any) -> Any:
    data = {"model": "jane", "messages": [{"role": "user", "content": SECRET}], **fields}
    return browser.post("/v1/chat/completions", data, content_type="application/json")


def everything_stored() -> str:
    """All rows of the chat and the ledger as text."""
    rows = [list(model.objects.values()) for model in (Session, Message, Turn, Attempt, Call)]
    return json.dumps(rows, default=str)


def age(seconds: float) -> None:
    """Make everything older than it is."""
    Session.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
    Turn.objects.exclude(finished_at=None).update(finished_at=timezone.now() - timedelta(seconds=seconds))


def test_what_the_caller_says_was_said_is_what_the_provider_is_told(
    ask, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("say:Hello again.")

    reply = reply_to(ask("Hello", "Hi.", "And now?", notes="You are a cake shop.\n## House rules\nNone."))

    assert reply.text == "Hello again."
    assert [each["text"] for each in playing.calls[0].messages[1:]] == ["Hello", "Hi.", "And now?"]
    system = playing.calls[0].system
    assert "You are Jane" in system
    assert "> You are a cake shop.\n> ## House rules\n> None." in system


def test_a_long_dialogue_is_told_as_far_as_the_engine_allows(
    ask, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    EngineSettings.objects.create(history_messages=2)
    provider("say:Yes.")

    reply_to(ask("One", "Two", "Three", "Four", "Five"))

    assert [each["text"] for each in playing.calls[0].messages[1:]] == ["Three", "Four", "Five"]


def test_the_callers_limits_count_as_far_as_the_personas_go(
    ask, jane: Persona, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    Persona.objects.filter(pk=jane.pk).update(max_tokens=50, temperature=0.2)
    provider("say:Yes.")

    reply_to(ask(max_tokens=7, temperature=0.9))
    jane.refresh_from_db()
    reply_to(ask(max_tokens=5000))

    bodies = [call.body for call in playing.calls]
    assert [(body["max_tokens"], body["temperature"]) for body in bodies] == [(7, 0.9), (50, 0.2)]


def test_only_a_provider_with_the_pinned_model_is_asked(
    ask, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("say:First.", name="first", priority=1)
    provider("say:Second.", name="second", priority=2)

    assert reply_to(ask(model="say:Second.")).text == "Second."
    assert playing.calls.total == 1


def test_with_the_pinned_model_out_of_order_the_fallback_voice_speaks_and_no_other_model(
    ask, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("say:First.", name="first", priority=1)
    provider("status:401", name="second", priority=2)

    reply = reply_to(ask(model="status:401"))

    assert reply.provider is not None
    assert reply.provider["is_fallback"] is True
    assert [call.model for call in playing.calls] == ["status:401"]


def test_nobody_finds_it_not_even_who_asked(ask, provider: Callable[..., Provider], browser: Client) -> None:
    provider("say:Noted.")
    turn = ask()
    reply_to(turn)
    session = turn.session_id

    assert browser.get("/api/sessions").json()["results"] == []
    for path in (f"/api/sessions/{session}", f"/api/sessions/{session}/messages", f"/chat/{session}/"):
        assert browser.get(path).status_code == 404
    for path in (f"/api/turns/{turn.pk}", f"/chat/turns/{turn.pk}/story/"):
        assert browser.get(path).status_code == 404
    for action in ("stop", "run-again"):
        assert browser.post(f"/api/turns/{turn.pk}/{action}").status_code == 404
    assert str(session) not in browser.get("/chat/").content.decode()


def test_nothing_can_be_added_to_it(ask, browser: Client) -> None:
    session = ask().session_id

    message = {"message": "More", "session_id": str(session), "wait": False}
    answer = browser.post("/api/chat", message, content_type="application/json")
    again = post(browser, metadata={"valis_session": str(session)})

    assert (answer.status_code, again.status_code) == (404, 404)


@pytest.mark.usefixtures("jane")
async def test_its_text_is_gone_once_it_is_delivered_and_the_ledger_stays(
    alice: User, provider: Callable[..., Provider], playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    await in_database_thread(provider, "a-model")
    playing.cast("a-model", "say:Noted, 4711.")
    browser = AsyncClient()
    await browser.aforce_login(alice)

    with working():
        answer = json.loads((await post(browser)).content)
        await in_database_thread(eventually, lambda: "4711" not in everything_stored())

    assert answer["choices"][0]["message"]["content"] == "Noted, 4711."
    call = await Call.objects.aget()
    assert (call.outcome, call.persona_slug) == (CallOutcome.ANSWERED, "jane")
    assert call.turn_id == answer["valis"]["turn"]


def test_it_is_stored_as_a_session_for_who_asks_for_that(
    browser: Client, jane: Persona, provider: Callable[..., Provider]
) -> None:
    provider("echo")

    with working():
        first = post(browser, metadata={"valis_session": "new"}).json()
        session = first["valis"]["session"]
        messages = [{"role": "user", "content": "Left out"}, {"role": "user", "content": "And more."}]
        second = post(browser, metadata={"valis_session": session}, messages=messages).json()

    assert second["valis"]["session"] == session
    items = browser.get(f"/api/sessions/{session}/messages").json()["items"]
    assert [(each["message"], each["response"]) for each in items] == [(SECRET, SECRET), ("And more.",) * 2]


def test_what_its_caller_never_took_is_blanked_after_a_minute(
    ask, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("a-model")
    playing.cast("a-model", "say:Noted, 4711.")
    reply_to(ask())
    age(50)

    assert forget_delivered() == 0
    age(70)
    assert forget_delivered() == 1

    assert "4711" not in everything_stored()
    assert forget_delivered() == 0


def test_it_is_deleted_after_an_hour_and_the_ledger_stays(ask, provider: Callable[..., Provider]) -> None:
    provider("say:Noted.")
    reply_to(ask())
    age(3500)
    assert delete_expired() == 0

    age(3700)
    tasks.forget()

    assert not any(model.objects.exists() for model in (Session, Message, Turn, Attempt))
    assert Call.objects.count() == 1


def test_one_that_still_waits_is_not_deleted(ask) -> None:
    ask()
    age(3700)

    assert delete_expired() == 0


def test_sessions_that_are_kept_are_not_touched(alice: User, jane: Persona, provider) -> None:
    provider("say:Noted.")
    turn = submit_message(alice, text=SECRET, client_id="one", brief=Brief(notes="Be kind.")).turn
    reply_to(turn)
    age(10_000)

    tasks.forget()

    assert Message.objects.get().text == SECRET
    assert turn.attempts.get().text == "Noted."


def test_one_that_is_stopped_before_it_began_is_over(ask) -> None:
    turn = ask()

    stop_turn(turn)

    turn.refresh_from_db()
    assert turn.status == TurnStatus.CANCELLED


def test_a_worker_that_was_lost_is_followed_by_another_one(ask, provider: Callable[..., Provider]) -> None:
    provider("say:Here.")
    turn = ask()
    assert dispatched_turns() == [turn.pk]

    answering_in_thread(turn).result(60)

    turn.refresh_from_db()
    assert turn.status == TurnStatus.COMPLETE


def test_a_reply_takes_few_statements(ask, provider: Callable[..., Provider]) -> None:
    provider("say:Here.")
    reply_to(ask())

    with CaptureQueriesContext(connection) as storing:
        turn = ask()
    with CaptureQueriesContext(connection) as answering:
        answer_turn(turn.pk)

    assert len(statements(storing)) == 3
    assert len(statements(answering)) == 12


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Without what frames a transaction, and PostgreSQL's waiting in line."""
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT pg_advisory")
    return [each["sql"] for each in captured.captured_queries if not each["sql"].startswith(frame)]
