"""VALIS as compose.yaml starts it, behind nginx with TLS, as people and programs meet it."""

import asyncio
import json
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.stack import Stack
from tests.harness.client import ChatClient
from tests.harness.oracle import assert_nothing_lost
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.playing import PlayingServer

# Five processes are started with the first test, and exchanged in another one.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:40@40"}) as server:
        yield server


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        stack = Stack(tmp_path_factory.mktemp("stack"), playing)
        patch.setenv("SSL_CERT_FILE", str(stack.certificate))
        with stack:
            yield stack


@pytest.fixture
def demo(stack: Stack) -> Person:
    return Person(stack.url).log_in("demo")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


async def test_a_chat_over_tls_by_every_part(stack: Stack, playing: PlayingServer, demo: Person) -> None:
    async with ChatClient(demo, demo.new_session()) as client:
        reply = await client.reply(await client.ask("Is everybody there?"))
    assert reply.status == "complete"
    assert_nothing_lost(client.journal, data=stack.data, playing=playing)


async def test_one_after_the_other_is_exchanged_and_nobody_loses_a_word(
    stack: Stack, playing: PlayingServer, demo: Person
) -> None:
    """The order of docs/how-to/upgrade.md."""
    playing.cast(MODEL, "tokens:160@40")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = [await client.ask("before the exchange")]
        await client.streamed(sent[0], 20)
        for name in ("worker", "housekeeping", "beat", "web1", "web2"):
            await asyncio.to_thread(stack.exchange, name)
            sent.append(await client.ask(f"after {name}"))
            playing.cast(MODEL, "tokens:5")
        replies = [await client.reply(each, seconds=60) for each in sent]
        assert {each.status for each in replies} == {"complete"}
        assert_nothing_lost(client.journal, data=stack.data, playing=playing)
    assert set(client.journal.closings) <= {1012}


def test_static_files_are_nginxs_and_kept_for_a_year(stack: Stack, demo: Person) -> None:
    [path, *_] = re.findall(r'href="(/static/css/[^"]+)"', demo.page("/chat/"))
    status, headers, body = _ask(stack.url + path)
    assert re.search(r"\.[0-9a-f]{12}\.css$", path)
    assert (status, headers["Server"], headers["Content-Type"]) == (200, "nginx", "text/css")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert body == (stack.folder / path[1:]).read_bytes()


def test_scripts_are_found_under_the_names_they_import_each_other_by(stack: Stack, demo: Person) -> None:
    session = demo.new_session()
    waiting = re.findall(r'src="(/static/js/[^"]+)"', demo.page(f"/chat/{session}"))
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        status, headers, body = _ask(stack.url + path)
        assert (status, "immutable" in headers["Cache-Control"]) == (200, True), path
        seen.add(path)
        folder = path.rpartition("/")[0]
        imported = {f"{folder}/{name}" for name in re.findall(r'from "\./([^"]+)"', body.decode())}
        waiting += imported - seen
    assert len(seen) > 5


def test_a_static_file_of_another_version_is_asked_of_valis(stack: Stack) -> None:
    assert _ask(f"{stack.url}/static/css/gone.0123456789ab.css")[0] == 404


def test_http_is_sent_to_https(stack: Stack) -> None:
    status, headers, _ = _ask(f"http://127.0.0.1:{stack.front.http_port}/chat/?a=b")
    assert (status, headers["Location"]) == (301, "https://127.0.0.1/chat/?a=b")


def test_cookies_and_headers_are_those_of_https(stack: Stack) -> None:
    _, headers, _ = _ask(f"{stack.url}/accounts/login/")
    assert "Secure" in headers["Set-Cookie"]
    assert "max-age=" in headers["Strict-Transport-Security"]
    assert "nginx/" not in headers["Server"]


def test_what_is_too_large_is_refused_before_it_reaches_valis(stack: Stack) -> None:
    body = b"x" * (6 * 1024 * 1024 + 1)
    status, _, answer = _ask(f"{stack.url}/api/chat", body)
    assert (status, json.loads(answer)["code"]) == (413, "too_large")
    status, _, answer = _ask(f"{stack.url}/v1/chat/completions", body)
    assert (status, json.loads(answer)["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics?a=b"])
def test_metrics_are_not_for_the_world(stack: Stack, path: str) -> None:
    assert _ask(stack.url + path)[0] == 404


@pytest.mark.parametrize("path", ["/health", "/ready", "/api/live"])
def test_health_is_there_for_an_uptime_check(stack: Stack, path: str) -> None:
    assert _ask(stack.url + path)[0] == 200


def test_the_request_id_goes_through_and_one_is_made_where_there_is_none(stack: Stack) -> None:
    assert _ask(f"{stack.url}/api/live", None, **{"X-Request-ID": "asked-by-alice-1"})[1]["X-Request-ID"] == (
        "asked-by-alice-1"
    )
    assert re.fullmatch(r"[0-9a-f]{32}", _ask(f"{stack.url}/api/live")[1]["X-Request-ID"])


def test_nobody_outside_says_from_where_they_come(stack: Stack) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    assert _ask(f"{stack.url}/accounts/login/", None, **forged)[0] == 200
    assert "203.0.113.9" not in stack.processes["web1"].output() + stack.processes["web2"].output()


def test_a_back_up_is_made_by_the_script_of_its_service(stack: Stack, tmp_path: Path) -> None:
    stack.run_until("backup", lambda: list(tmp_path.glob("valis-*.gz")), VALIS_BACKUP_FOLDER=str(tmp_path))
    assert "is good" in stack.run("backup", "python", "manage.py", "backup", "--verify", str(tmp_path))


def test_while_both_are_away_people_and_programs_are_told_in_their_form(stack: Stack) -> None:
    webs = [stack.processes["web1"], stack.processes["web2"]]
    for each in webs:
        each.end(signal.SIGTERM, seconds=40)
    try:
        status, headers, body = _ask(f"{stack.url}/chat/")
        assert (status, headers["Retry-After"], b"being restarted" in body) == (503, "5", True)
        status, _, body = _ask(f"{stack.url}/api/sessions")
        assert (status, json.loads(body)["code"]) == (503, "unavailable")
    finally:
        for name in ("web1", "web2"):
            stack.start_again(name)
