"""Frames no browser sends: each gets a typed error or a closed socket, and nobody else notices."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer, numbered

ODD = {
    "binary": b"\x00\xff\xfe",
    "nested": "[" * 50_000,
    "unknown": '{"type": "make_coffee"}',
    "mistyped": '{"type": "send", "client_id": 7, "text": ["x"]}',
    "nothing": "",
    "no object": "17",
    "huge": json.dumps({"type": "send", "client_id": "huge", "text": "x" * 3_000_000}),
}


@pytest.mark.parametrize("kind", ODD)
async def test_the_sender_is_told_and_others_are_not_disturbed(
    kind: str, valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:30@40")
    session = demo.new_session()
    address = f"ws{demo.url.removeprefix('http')}/ws/chat/{session}"
    headers = {"Cookie": demo.cookie_header}
    async with (
        ChatClient(demo, session) as other,
        connect(address, origin=demo.url, additional_headers=headers, max_size=None) as socket,
    ):
        sent = await other.ask(f"beside frames that are {kind}")
        try:
            await socket.send(ODD[kind])
            answer = json.loads(await socket.recv())
            assert (answer["type"], bool(answer["code"])) == ("error", True)
        except (ConnectionClosed, ConnectionResetError):
            assert kind == "huge", "only what is too large to be read closes the socket"
        assert (await other.reply(sent)).text == numbered(30)
        assert not other.journal.closings
        assert_nothing_lost(other.journal, data=valis.data, playing=playing)


async def test_a_message_in_many_fragments_is_one_message(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    session = demo.new_session()
    address = f"ws{demo.url.removeprefix('http')}/ws/chat/{session}"
    headers = {"Cookie": demo.cookie_header}
    frame = json.dumps({"type": "send", "client_id": f"{session}-f", "text": "in many fragments"})
    async with connect(address, origin=demo.url, additional_headers=headers) as socket:
        await socket.send(iter(frame))
        assert json.loads(await socket.recv())["message"]["text"] == "in many fragments"
