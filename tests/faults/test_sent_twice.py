"""The same message comes twice at once, by socket and by API."""

import asyncio

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer


async def test_by_socket_and_by_api_at_once_it_is_one_message_and_one_reply(
    valis: Valis, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    session = demo.new_session()
    async with ChatClient(demo, session) as one, ChatClient(demo, session) as other:
        for n in range(5):
            name, text = f"{session}-{n}", f"sent three times at once {n}"
            body = {"session_id": session, "client_id": name, "message": text}
            first, again, answer = await asyncio.gather(
                one.send(text, client_id=name),
                other.send(text, client_id=name),
                asyncio.to_thread(demo.post, "/api/chat", body),
            )
            await one.reply(first)
            await other.reply(again)
            assert {first.message, again.message} == {answer["message"]["id"]}
        assert_nothing_lost([one.journal, other.journal], data=valis.data, playing=playing)
    assert len(playing.calls.where(containing="sent three times at once")) == 5
