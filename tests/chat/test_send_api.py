"""`POST /api/chat`: a message in, its finished reply out, or its turn on the way."""

import json
import uuid
from collections.abc import Callable

import pytest
from django.test import AsyncClient, Client

from accounts.models import User
from chat.models import Message, Session, Turn
from chat.services import create_session, stop_turn
from core.threads import in_database_thread
from personas.models import Persona
from providers.models import Provider
from tests.chat.sockets import Socket, login_of
from tests.playing import PlayingServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("worker", "jane"),
]


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def send(browser: Client, **data: object) -> tuple[int, dict]:
    answer = browser.post("/api/chat", {"message": "Hello", **data}, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_message_is_answered_with_the_finished_reply(
    browser: Client, provider: Callable[..., Provider]
) -> None:
    provider("say:Read a poem.")

    status, answer = send(browser, message="What should I read?", persona_id="jane")

    assert (status, answer["reply"]) == (200, "Read a poem.")
    assert (answer["turn"]["status"], answer["turn"]["provider"]["name"]) == ("complete", "main")
    assert answer["message"]["text"] == "What should I read?"
    assert Session.objects.filter(pk=answer["session_id"]).exists()


@pytest.mark.both_databases
@pytest.mark.usefixtures("sam")
def test_a_conversation_goes_on_in_its_session(browser: Client, provider, playing: PlayingServer) -> None:
    provider("echo")

    _, first = send(browser, message="One", persona_id="sam")
    _, second = send(browser, message="Two", session_id=first["session_id"])

    assert second["session_id"] == first["session_id"]
    assert second["turn"]["persona"]["slug"] == "sam"
    told = [each["text"] for each in playing.calls[1].messages if each["role"] != "system"]
    assert told == ["One", "One", "Two"]


def test_who_does_not_wait_gets_the_turn_on_its_way(
    browser: Client, provider, eventually: Callable[..., None]
) -> None:
    provider("slow-first:0.3")

    status, answer = send(browser, wait=False)

    assert (status, answer["reply"]) == (202, "")
    turn = answer["turn"]["id"]
    eventually(lambda: browser.get(f"/api/turns/{turn}").json()["status"] == "complete")


def test_the_same_client_id_again_waits_for_the_same_reply(
    browser: Client, provider, playing: PlayingServer
) -> None:
    provider("slow-first:0.2")

    first = send(browser, client_id="one", wait=False)[1]
    status, second = send(browser, client_id="one")

    assert (status, second["reply"]) == (200, "Here I am.")
    assert second["turn"]["id"] == first["turn"]["id"]
    assert playing.calls.total == Message.objects.count() == 1


def test_the_same_client_id_with_another_message_is_a_conflict(browser: Client) -> None:
    send(browser, client_id="one", wait=False)

    status, answer = send(browser, client_id="one", message="Something else")

    assert (status, answer["code"]) == (409, "client_id_taken")
    assert answer["details"] == {"client_id": "one"}


def test_a_reply_that_is_stopped_meanwhile_is_answered_as_it_ended(
    browser: Client, provider, playing: PlayingServer
) -> None:
    provider("tokens:500@50")
    first = send(browser, client_id="one", wait=False)[1]
    playing.calls.wait_until(lambda calls: calls and calls[0].first_token)
    stop_turn(Turn.objects.get(pk=first["turn"]["id"]))

    status, answer = send(browser, client_id="one")

    assert (status, answer["turn"]["status"], answer["turn"]["code"]) == (200, "cancelled", "stopped")
    assert answer["reply"] == answer["turn"]["text"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({"message": "  "}, 400, "message_empty"),
        ({"message": "a\0b"}, 400, "message_not_text"),
        ({"message": "x" * 64_000}, 413, "message_too_long"),
        ({"client_id": ""}, 400, "client_id_invalid"),
        ({"client_id": "x" * 65}, 400, "client_id_invalid"),
        ({"persona_id": "nobody"}, 404, "persona_not_found"),
        ({"session_id": str(uuid.UUID(int=5))}, 404, "session_not_found"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_accepted_is_refused_by_name(
    browser: Client, data: dict[str, str], status: int, code: str
) -> None:
    got, answer = send(browser, **data)

    assert (got, answer["code"]) == (status, code)
    assert not Message.objects.exists()


def test_a_reply_longer_than_the_wait_is_given_as_it_stands(
    browser: Client, provider, quick_engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = quick_engine.longest_wait + quick_engine.reply_deadline
    monkeypatch.setattr("chat.api._MARGIN_SECONDS", 0.3 - longest)
    provider("slow-first:3", first_token_timeout=10)

    status, answer = send(browser)

    assert (status, answer["turn"]["status"]) == (202, "streaming")


async def test_a_message_by_api_is_seen_over_the_socket(alice: User, provider) -> None:
    await in_database_thread(provider, "echo")
    session = await in_database_thread(create_session, alice)
    browser = AsyncClient()
    await browser.aforce_login(alice)
    async with Socket(session.pk, cookie=await in_database_thread(login_of, alice)) as socket:
        await socket.hello()
        data = {"message": "By API", "session_id": str(session.pk)}
        answer = await browser.post("/api/chat", data, content_type="application/json")
        done = await socket.hears_until("turn.done")

    assert done["text"] == json.loads(answer.content)["reply"] == "By API"


def test_persona_and_person_may_be_gone_from_the_database_and_the_answer_is_clear(
    browser: Client, jane: Persona
) -> None:
    Persona.objects.all().delete()

    status, answer = send(browser)

    assert (status, answer["turn"]["persona"]["name"]) == (200, "VALIS")
    assert answer["turn"]["provider"]["is_fallback"] is True
