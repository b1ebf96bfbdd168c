"""A login ends at one web server while its sockets are open at another one."""

import asyncio
import time

import pytest

from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer

pytestmark = pytest.mark.fault


async def test_the_socket_is_closed_at_once_and_the_reply_is_kept(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:120@40")
    leaving = Person(valis.url()).log_in("demo")
    session = leaving.new_session()
    async with ChatClient(leaving.at(valis.url(2)), session) as client:
        sent = await client.ask("logged out in mid-reply")
        await client.streamed(sent)
        began = time.monotonic()
        await asyncio.to_thread(leaving.log_out)
        await client.until(lambda: client.journal.closings, seconds=10)
        assert client.journal.closings == [4401]
        assert time.monotonic() - began < 10
        assert not client.reply_to(sent).is_final
        async with ChatClient(demo, session) as later:
            assert sent.turn
            await later.until(lambda: later.journal.replies[sent.turn].is_final)
        later.journal.sent = client.journal.sent
        assert_nothing_lost(later.journal, data=valis.data, playing=playing)
