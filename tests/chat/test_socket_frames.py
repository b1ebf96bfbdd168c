"""What a browser says over the chat socket is carried out or refused with a reason; the socket lives on."""

import json
import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from accounts.models import User
from chat.frames import MAX_FRAME_BYTES
from chat.models import Message, Turn, TurnStatus
from chat.selectors import find_turn
from chat.services import Submission, submit_message
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of
from tests.chat.working import answering_in_thread
from tests.playing import PlayingServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first(say: Say) -> Submission:
    return say()


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


@pytest.fixture
async def socket(first: Submission, cookie: str) -> AsyncIterator[Socket]:
    async with Socket(first.message.session_id, cookie=cookie) as socket:
        await socket.hello()
        yield socket


async def test_a_ping_is_answered(socket: Socket) -> None:
    await socket.say("ping")

    assert await socket.hears() == {"type": "pong"}


async def test_a_sent_message_is_accepted_with_its_turn(socket: Socket) -> None:
    await socket.send("And now?", client_id="mine")

    accepted = await socket.hears_until("accepted")
    assert (accepted["client_id"], accepted["message"]["text"]) == ("mine", "And now?")
    assert accepted["turn"]["status"] == "queued"
    assert accepted["position"] == accepted["turn"]["position"] == accepted["message"]["position"] + 1


async def test_only_the_sender_hears_that_it_was_accepted(
    socket: Socket, first: Submission, cookie: str
) -> None:
    async with Socket(first.message.session_id, cookie=cookie) as other:
        await other.hello()
        await socket.send("And now?")
        await socket.hears_until("accepted")
        await other.hears_until("turn.queued")

        assert await other.is_silent()
    assert [event["type"] for event in other.events] == ["snapshot", "message", "turn.queued"]


async def test_the_same_frame_twice_is_accepted_twice_and_stored_once(socket: Socket) -> None:
    for _ in range(2):
        await socket.send("And now?", client_id="mine")

    accepted = [await socket.hears_until("accepted") for _ in range(2)]
    assert accepted[0]["message"] == accepted[1]["message"]
    assert accepted[0]["turn"]["id"] == accepted[1]["turn"]["id"]
    assert await in_database_thread(Message.objects.count) == 2


async def test_a_message_that_came_by_the_api_is_the_same_message_over_the_socket(
    socket: Socket, alice: User, first: Submission
) -> None:
    by_api = await in_database_thread(
        submit_message, alice, text="And now?", client_id="mine", session_id=first.message.session_id
    )
    await socket.send("And now?", client_id="mine")

    assert (await socket.hears_until("accepted"))["message"]["id"] == by_api.message.pk


async def test_a_used_client_id_is_a_conflict_and_says_which(socket: Socket) -> None:
    await socket.send("Yes", client_id="mine")
    await socket.send("No", client_id="mine")

    error = await socket.hears_until("error")
    assert (error["code"], error["details"]["client_id"]) == ("client_id_taken", "mine")


@pytest.mark.usefixtures("sam")
async def test_the_persona_can_be_switched(socket: Socket) -> None:
    await socket.send("Hello Sam.", persona="sam")

    assert (await socket.hears_until("accepted"))["turn"]["persona"]["slug"] == "sam"


REFUSED_MESSAGES = {
    "message_empty": {"text": " \n "},
    "message_not_text": {"text": "a\0b"},
    "message_too_long": {"text": "x" * 64_000},
    "client_id_invalid": {"client_id": "x" * 65},
    "persona_not_found": {"persona": "nobody"},
}


@pytest.mark.parametrize(("code", "fields"), REFUSED_MESSAGES.items(), ids=REFUSED_MESSAGES)
async def test_a_message_that_cannot_be_accepted_is_refused_by_name(
    socket: Socket, code: str, fields: dict[str, str]
) -> None:
    await socket.send(**({"client_id": "mine"} | fields))

    error = await socket.hears()
    assert (error["type"], error["code"]) == ("error", code)
    assert error["details"]["client_id"] == fields.get("client_id", "mine")
    assert await in_database_thread(Message.objects.count) == 1


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"send","client_id":"mine","text":"half \\ud83d a smiley"}', "message_not_text"),
        ('{"type":"send","client_id":"mine","text":5}', "frame_malformed"),
    ],
)
async def test_a_message_that_cannot_even_be_read_is_refused_by_name(
    socket: Socket, frame: str, code: str
) -> None:
    await socket.say_raw(frame)

    error = await socket.hears()
    assert (error["code"], error["details"]["client_id"]) == (code, "mine")
    assert await in_database_thread(Message.objects.count) == 1


def nested(depth: int) -> str:
    return '{"type":"ping","x":' + "[" * depth + "]" * depth + "}"


BROKEN_FRAMES: dict[str, str | bytes] = {
    "empty": "",
    "no JSON": "hello",
    "half of JSON": '{"type":"hel',
    "a number": "5",
    "null": "null",
    "a list": "[]",
    "no type": "{}",
    "an unknown type": '{"type":"drop_tables"}',
    "a type of the server": '{"type":"turn.done"}',
    "a type that is no text": '{"type":["hello"]}',
    "a hello with a number": '{"type":"hello","after":5}',
    "a hello with a long id": json.dumps({"type": "hello", "after": "x" * 65}),
    "a message without text": '{"type":"send","client_id":"a"}',
    "a message without a client id": '{"type":"send","text":"a"}',
    "a text that is a number": '{"type":"send","client_id":"a","text":5}',
    "a text that is null": '{"type":"send","client_id":"a","text":null}',
    "a text that is a list": '{"type":"send","client_id":"a","text":["a"]}',
    "a turn in quotes": '{"type":"stop","turn":"1"}',
    "a turn that is true": '{"type":"stop","turn":true}',
    "a turn with a fraction": '{"type":"stop","turn":1.5}',
    "a negative turn": '{"type":"stop","turn":-1}',
    "turn zero": '{"type":"stop","turn":0}',
    "a turn beyond numbers": '{"type":"stop","turn":99999999999999999999999999}',
    "a turn that is no number": '{"type":"run_again","turn":NaN}',
    "an acknowledgement of nothing": '{"type":"ack"}',
    "deeply nested": nested(100_000),
    "nested in objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "binary": b'{"type":"ping"}',
    "binary nonsense": b"\xff\xfe\x00",
    "two objects": '{"type":"ping"}{"type":"ping"}',
}


@pytest.mark.parametrize("frame", BROKEN_FRAMES.values(), ids=BROKEN_FRAMES)
async def test_a_broken_frame_is_named_and_the_socket_lives_on(socket: Socket, frame: str | bytes) -> None:
    await socket.say_raw(frame)
    error = await socket.hears()
    await socket.say("ping")

    assert (error["type"], error["code"]) == ("error", "frame_malformed")
    assert set(error) == {"type", "code", "message", "details", "request_id", "timestamp"}
    assert len(json.dumps(error)) < 2_000
    assert (await socket.hears())["type"] == "pong"


async def test_a_frame_that_is_too_large_is_named_and_the_socket_lives_on(socket: Socket) -> None:
    await socket.say_raw(json.dumps({"type": "ping", "x": "y" * MAX_FRAME_BYTES}))
    error = await socket.hears()
    await socket.say("ping")

    assert (error["code"], error["details"]["limit"]) == ("frame_too_large", MAX_FRAME_BYTES)
    assert (await socket.hears())["type"] == "pong"


async def test_fields_nobody_knows_are_passed_over(socket: Socket) -> None:
    await socket.say("ping", future="field")

    assert (await socket.hears())["type"] == "pong"


async def test_the_longest_message_fits_into_a_frame_however_it_is_escaped(socket: Socket) -> None:
    text = "\x01" * 63_998 + "x"
    frame = json.dumps({"type": "send", "client_id": "mine", "text": text})
    assert len(frame) > 6 * 63_998

    await socket.say_raw(frame)

    assert (await socket.hears_until("accepted"))["message"]["text"] == text


async def test_a_waiting_reply_is_stopped_over_the_socket(socket: Socket, first: Submission) -> None:
    await socket.say("stop", turn=first.turn.pk)

    assert (await socket.hears_until("turn.cancelled"))["turn"] == first.turn.pk


async def test_a_running_reply_is_stopped_over_the_socket(
    socket: Socket, first: Submission, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    await in_database_thread(provider, "tokens:500@100")
    answering_in_thread(first.turn)
    await socket.hears_until("turn.delta")
    await socket.say("stop", turn=first.turn.pk)

    cancelled = await socket.hears_until("turn.cancelled")
    assert cancelled["text"] == socket.texts[first.turn.pk][1] != ""


async def test_a_stopped_reply_is_run_again_over_the_socket(socket: Socket, first: Submission) -> None:
    await socket.say("stop", turn=first.turn.pk)
    await socket.hears_until("turn.cancelled")
    await socket.say("run_again", turn=first.turn.pk)

    queued = await socket.hears_until("turn.queued")
    assert (queued["turn"]["id"], queued["turn"]["status"]) == (first.turn.pk, "queued")


async def test_what_is_not_ended_cannot_be_run_again(socket: Socket, first: Submission) -> None:
    await socket.say("run_again", turn=first.turn.pk)

    assert (await socket.hears())["code"] == "turn_not_ended"


@pytest.mark.parametrize("action", ["stop", "run_again"])
@pytest.mark.parametrize("whose", ["bob's", "another session's", "nobody's"])
async def test_a_turn_that_is_not_of_this_session_is_not_there(
    socket: Socket, alice: User, bob: User, action: str, whose: str
) -> None:
    def foreign_turn() -> Turn:
        owner = bob if whose == "bob's" else alice
        return submit_message(owner, text="Private.", client_id=str(uuid.uuid4())).turn

    turn = await in_database_thread(foreign_turn)
    await socket.say(action, turn=turn.pk if whose != "nobody's" else 2**62)

    assert (await socket.hears())["code"] == "turn_not_found"
    assert (await in_database_thread(find_turn, turn.pk)).status == TurnStatus.QUEUED
