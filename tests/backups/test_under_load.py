"""The drill: a back-up is made while people write, and restored; then VALIS goes on from it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path

import pytest

from tests.harness.client import ChatClient, clients
from tests.harness.journal import Journal
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.process import ROOT
from tests.harness.running import MODEL, new_valis
from tests.harness.store import Store, lift_limits, set_up_provider
from tests.harness.valis import Valis
from tests.playing import PlayingServer
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Of two databases; '' is the SQLite file in the data folder."""
    if request.param == "sqlite":
        yield "", ""
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("valis_under_load"), server.create("valis_restored")


@pytest.fixture
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:30@60"}) as server:
        yield server


def _valis_on(address: str, data: Path, playing: PlayingServer) -> Valis:
    return new_valis(data, playing, **({"DATABASE_URL": address} if address else {}))


def _place(valis: Valis) -> Path | str:
    return valis.environment.get("DATABASE_URL") or valis.data


async def _settled(place: Path | str, sessions: list[str]) -> Store:
    ends_at = time.monotonic() + 30
    while not (store := Store.read(place, sessions)).is_settled:
        assert time.monotonic() < ends_at, "a turn of the back-up has no end"
        await asyncio.sleep(0.1)
    return store


async def _manage(valis: Valis, *arguments: str) -> str:
    """A command beside the server, as somebody in a shell would give it."""

    def run() -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=valis.environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return await asyncio.to_thread(run)


async def _chat_without_end(client: ChatClient, name: str) -> None:
    for number in count():
        await client.reply(await client.ask(f"{name} asks for the {number}. time"), seconds=60)


async def _talk_while(work: Callable[[], Awaitable[None]], people: list[ChatClient]) -> None:
    """Everybody has had a reply before the work begins, and another one before they end."""

    async def replies(number: int) -> None:
        for each in people:
            wanted = len(each.journal.ended) + number
            await each.until(lambda e=each, w=wanted: len(e.journal.ended) >= w, seconds=60)

    talks = [asyncio.create_task(_chat_without_end(each, f"person {n}")) for n, each in enumerate(people)]
    await replies(1)
    await work()
    await replies(1)
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


def _assert_is_one_moment(store: Store, known: list[Journal]) -> None:
    """What was accepted before is there, nothing is there without what came before it, all is answered."""
    texts = {row["client_id"]: row["text"] for row in store.messages}
    for journal in known:
        accepted = {each.client_id: each.text for each in journal.sent.values() if each.is_accepted}
        assert accepted.items() <= texts.items()
        for turn, reply in journal.ended.items():
            kept = next(row for row in store.turns if row["id"] == turn)
            assert (kept["status"], (store.current_attempt(kept) or {})["text"]) == (reply.status, reply.text)
    for session in {row["session_id"] for row in store.messages}:
        rows = [row for row in [*store.messages, *store.turns] if row["session_id"] == session]
        positions = sorted(row["position"] for row in rows)
        assert positions == list(range(1, len(positions) + 1))
    assert all(len(store.turns_on(row["id"])) == 1 for row in store.messages)


@pytest.mark.timeout(240)  # two servers are started, and two commands beside them
async def test_a_back_up_made_while_people_write_is_one_moment_and_valis_goes_on_from_it(
    addresses: tuple[str, str], playing: PlayingServer, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    known: list[Journal] = []
    with _valis_on(addresses[0], tmp_path / "used", playing) as used:
        set_up_provider(_place(used), "local", is_enabled=False)
        lift_limits(_place(used))
        demo = Person(used.url).log_in("demo")
        async with clients(demo, 3) as people:

            async def back_up() -> None:
                known.extend(deepcopy(each.journal) for each in people)
                await _manage(used, "backup", "--to", str(folder))

            await _talk_while(back_up, people)
            sessions = [each.session for each in people]

    restored = _valis_on(addresses[1], tmp_path / "restored", playing)
    await _manage(restored, "restore", str(folder))
    with restored:
        demo = Person(restored.url).log_in("demo")
        async with ChatClient(demo, demo.new_session()) as client:
            assert (await client.reply(await client.ask("And after the restore?"))).status == "complete"
        assert_nothing_lost(client.journal, data=_place(restored), playing=playing)
        _assert_is_one_moment(await _settled(_place(restored), sessions), known)
