"""The oracle finds what it is there to find: a copy of sound data is spoilt, one rule at a time."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.client import ChatClient
from tests.harness.journal import Journal
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.harness.store import database
from tests.harness.valis import Valis
from tests.playing import PlayingServer

SPOILS = {
    "I1: an accepted message is gone": "DELETE FROM chat_message WHERE id = {message}",
    "I1: a message has another text": "UPDATE chat_message SET text = 'x' WHERE id = {message}",
    "I2: a question has no turn": "DELETE FROM chat_turn WHERE id = {turn}",
    "I2: a turn is queued for good": "UPDATE chat_turn SET status = 'queued' WHERE id = {turn}",
    "I2: a turn has no attempt": "DELETE FROM chat_attempt WHERE turn_id = {turn}",
    "I3: an end without a code": "UPDATE chat_attempt SET code = '' WHERE code = 'stopped'",
    "I3: words nobody said": "UPDATE chat_attempt SET text = 'w1 w0' WHERE code = 'stopped'",
    "I4: a text was cut": "UPDATE chat_attempt SET text = 'w0 ' WHERE turn_id = {turn}",
    "I6: a call is open for good": "UPDATE usage_call SET outcome = 'open' WHERE turn_id = {turn}",
    "I6: a call without a row": "DELETE FROM usage_call WHERE turn_id = {turn}",
}


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:20@50"}) as server:
        yield server


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing) as process:
        yield process


@pytest.fixture(scope="module")
def journal(valis: Valis) -> Journal:
    return asyncio.run(_one_whole_reply_and_one_that_was_stopped(Person(valis.url)))


async def _one_whole_reply_and_one_that_was_stopped(demo: Person) -> Journal:
    demo.log_in("demo")
    async with ChatClient(demo, demo.new_session()) as client:
        await client.reply(await client.ask("for the oracle"))
        stopped = await client.ask("stopped for the oracle")
        await client.streamed(stopped, 5)
        await client.say(type="stop", turn=stopped.turn)
        await client.reply(stopped)
    return client.journal


def test_sound_data_passes(journal: Journal, valis: Valis, playing: PlayingServer) -> None:
    assert_nothing_lost(journal, data=valis.data, playing=playing)


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_broken_rule_is_found(
    spoil: str, journal: Journal, valis: Valis, playing: PlayingServer, tmp_path: Path
) -> None:
    for file in valis.data.glob("valis.sqlite3*"):
        shutil.copy(file, tmp_path)
    first = next(iter(journal.sent.values()))
    with database(tmp_path, is_writable=True) as connection:
        connection.execute(SPOILS[spoil].format(message=first.message, turn=first.turn))
    with pytest.raises(AssertionError, match=spoil[:3]):
        assert_nothing_lost(journal, data=tmp_path, playing=playing, seconds=0)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"at": 0, "text": "other"}, "in other words"),
        ({"at": 5, "text": "!", "id": "1"}, "came after"),
        ({"at": 9, "text": "world"}, "has a gap"),
    ],
)
def test_a_client_complains_of_what_the_protocol_forbids(told: dict[str, object], complaint: str) -> None:
    journal = Journal()
    queued = {"id": 7, "attempt": 0, "status": "queued", "text": "", "question": 1}
    delta = {"type": "turn.delta", "turn": 7, "attempt": 1}
    journal.hear({"type": "turn.queued", "id": "1", "turn": queued})
    journal.hear({**delta, "id": "2", "at": 0, "text": "hello"})
    journal.hear({**delta, "id": "3", **told})
    assert complaint in journal.complaints[0]
