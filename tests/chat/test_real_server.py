"""Socket and API as a browser meets them: through Daphne, in a process of its own."""

import asyncio
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness.client import ChatClient
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.harness.store import database
from tests.harness.valis import Valis, status_of
from tests.playing import PlayingServer, numbered


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:30@100"}) as server:
        yield server


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing) as process:
        yield process


@pytest.fixture(scope="module")
def demo(valis: Valis) -> Person:
    return Person(valis.url).log_in("demo")


def address_of(valis: Valis, session: str) -> str:
    return f"ws{valis.url.removeprefix('http')}/ws/chat/{session}"


async def test_the_pieces_of_a_reply_are_its_text(demo: Person, playing: PlayingServer) -> None:
    async with ChatClient(demo, demo.new_session()) as client:
        reply = await client.reply(await client.ask("Hello"))

    assert (reply.status, reply.text, reply.heard) == ("complete", numbered(30), numbered(30))
    assert client.journal.complaints == []
    assert demo.get(f"/api/turns/{reply.form['turn']}")["text"] == numbered(30)


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null", None])
async def test_a_page_of_somebody_else_is_refused_at_the_handshake(
    valis: Valis, demo: Person, origin: str | None
) -> None:
    session = demo.new_session()
    with pytest.raises(InvalidStatus) as refused:
        await connect(
            address_of(valis, session), origin=origin, additional_headers={"Cookie": demo.cookie_header}
        )

    assert refused.value.response.status_code == 403


async def test_who_is_not_logged_in_is_told_so_by_the_closing_code(valis: Valis, demo: Person) -> None:
    async with connect(address_of(valis, demo.new_session()), origin=valis.url) as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)

    assert socket.close_code == 4401


async def test_who_logs_out_in_mid_reply_hears_no_more_of_it(valis: Valis, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:400@20")
    leaver = await asyncio.to_thread(Person(valis.url).log_in, "demo")
    async with ChatClient(leaver, leaver.new_session()) as client:
        sent = await client.ask("Hello")
        await client.streamed(sent)
        await asyncio.to_thread(leaver.log_out)
        await client.until(lambda: client.journal.closings, seconds=10)
    playing.cast(MODEL, "tokens:30@100")

    assert client.journal.closings == [4401]
    assert not client.reply_to(sent).is_final


async def test_one_broken_socket_leaves_the_others_alone(valis: Valis, demo: Person) -> None:
    async with ChatClient(demo, demo.new_session()) as client:
        headers = {"Cookie": demo.cookie_header}
        async with connect(
            address_of(valis, client.session), origin=valis.url, additional_headers=headers
        ) as broken:
            for frame in ("nonsense", b"\xff\xfe", "[" * 50_000, "x" * 450_000):
                await broken.send(frame)
                assert '"type":"error"' in str(await asyncio.wait_for(broken.recv(), 5))
        reply = await client.reply(await client.ask("Hello"))

    assert reply.status == "complete"


def test_twenty_who_wait_at_once_are_all_answered(demo: Person) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: demo.post("/api/chat", {"message": f"m{number}"}), range(20)))

    assert [answer["message"]["text"] for answer in answers] == [f"m{number}" for number in range(20)]
    assert {answer["reply"] for answer in answers} == {numbered(30)}


def test_a_running_server_is_well_in_every_part(valis: Valis, demo: Person) -> None:
    health = demo.get("/api/health")

    assert health["status"] == "ok", health
    assert {part["name"]: part["state"] for part in health["parts"]}["workers"] == "ok"


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET actor = ''", "DELETE FROM accounts_auditentry"]
)
def test_the_audit_log_cannot_be_changed_even_in_its_file(valis: Valis, demo: Person, statement: str) -> None:
    with (
        database(valis.data, is_writable=True) as connection,
        pytest.raises(sqlite3.DatabaseError, match="only ever added to"),
    ):
        connection.execute(statement)


def test_an_address_that_is_no_endpoint_is_answered_in_the_form_of_errors(valis: Valis) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{valis.url}/api/nowhere", timeout=5)

    assert refused.value.code == 404
    assert b'"code": "not_found"' in refused.value.read()


FAR_TOO_LARGE = 10**12


@pytest.mark.parametrize(
    "length", [f"Content-Length: {FAR_TOO_LARGE}", "Transfer-Encoding: chunked"], ids=["told", "chunked"]
)
def test_a_request_without_an_end_is_refused_while_it_comes(valis: Valis, length: str) -> None:
    piece = b"x" * 1_000_000
    if "chunked" in length:
        piece = b"%x\r\n%b\r\n" % (len(piece), piece)
    with socket.create_connection(("127.0.0.1", valis.port), timeout=60) as visitor:
        visitor.sendall(
            f"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1:{valis.port}\r\n{length}\r\n\r\n".encode()
        )
        with suppress(OSError):  # it is cut off in the middle of a piece
            for _ in range(200 if "chunked" in length else 0):
                visitor.sendall(piece)
        with suppress(OSError):
            answer = visitor.recv(4096)
            assert answer.startswith(b"HTTP/1.1 413")
            assert b"too_large" in answer
            assert visitor.recv(1) == b""
    assert status_of(f"{valis.url}/api/live", seconds=20) == 200
