"""How cost grows with what there is: history, sessions, personas, open sockets; and how fast reads are.

    python -m benchmarks.capacity [--mode production] [--only history sessions personas sockets reads]

Each part runs on fresh data: figures before anything was added, and after. "chat" is the time from sending a
message to the first token of its reply, "page" the whole chat page, both median of several.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from benchmarks.browser import Browser, chat
from benchmarks.http_load import load, request
from benchmarks.processes import MODES, PASSWORD, Running, playing_provider, running_valis

_TIMES = 9


def _say(what: str, *figures: str) -> None:
    print(f"| {what} | " + " | ".join(figures) + " |", flush=True)


async def _first_tokens(browser: Browser, session: str, *, times: int = _TIMES) -> float:
    """Milliseconds, median."""
    async with browser.socket(session) as socket:
        await socket.send('{"type": "hello"}')
        await socket.recv()
        return statistics.median([(await chat(socket, "Go.")).first_token * 1000 for _ in range(times)])


def _median_ms(work: Callable[[], object], *, times: int = _TIMES) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def history(valis: Running, browser: Browser) -> None:
    for count in (200, 10_000, 100_000):
        valis.do(f"from benchmarks.filling import add_history; add_history({count})")
        known = browser.get_json("/api/sessions")["results"]
        session = next(each["id"] for each in known if each["title"] == f"{count} messages")
        first = await _first_tokens(browser, session)
        page = _median_ms(lambda path=f"/chat/{session}/": browser.get(path))
        api = _median_ms(lambda path=f"/api/sessions/{session}/messages": browser.get(path))
        what = f"{count:,} messages in the session"
        _say(what, f"chat {first:.0f} ms", f"page {page:.0f} ms", f"messages {api:.0f} ms")


async def sessions(valis: Running, browser: Browser) -> None:
    for count in (0, 10_000):
        valis.do(f"from benchmarks.filling import add_sessions; add_sessions({count})")
        page = _median_ms(lambda: browser.get("/chat/"))
        api = _median_ms(lambda: browser.get("/api/sessions"))
        first = await _first_tokens(browser, browser.new_session())
        _say(f"{count:,} sessions", f"chat {first:.0f} ms", f"page {page:.0f} ms", f"list {api:.0f} ms")


async def personas(valis: Running, browser: Browser) -> None:
    for count in (0, 1_000):
        valis.do(f"from benchmarks.filling import add_personas; add_personas({count})")
        page = _median_ms(lambda: browser.get("/chat/"))
        api = _median_ms(lambda: browser.get("/api/personas"))
        first = await _first_tokens(browser, browser.new_session())
        _say(f"{count:,} personas more", f"chat {first:.0f} ms", f"page {page:.0f} ms", f"list {api:.0f} ms")


async def sockets(valis: Running, browser: Browser) -> None:
    """Open sockets on one session; then one message, and how long until the last of them has its end."""
    session = browser.new_session()
    before = valis.memory_mib()
    async with AsyncExitStack() as stack:
        open_: list[Any] = []
        for count in (1, 100, 1_000):
            while len(open_) < count:
                some = range(min(50, count - len(open_)))
                new = await asyncio.gather(
                    *(stack.enter_async_context(browser.socket(session)) for _ in some)
                )
                for socket in new:
                    await socket.send('{"type": "hello"}')
                    await socket.recv()
                open_ += new
            ends = [asyncio.create_task(_until_the_end(each)) for each in open_]
            await _chat_once(browser, session)
            last = max(await asyncio.gather(*ends)) * 1000
            memory = valis.memory_mib() - before
            what = f"{count:,} sockets on one session"
            _say(what, f"all told after {last:.0f} ms", f"{memory:.0f} MiB more", "")


async def _chat_once(browser: Browser, session: str) -> None:
    await asyncio.to_thread(
        browser.post, "/api/chat", {"session_id": session, "message": "Go.", "wait": False}
    )


async def _until_the_end(socket: Any) -> float:
    started = time.perf_counter()
    while json.loads(await socket.recv())["type"] != "turn.done":
        pass
    return time.perf_counter() - started


async def reads(valis: Running, browser: Browser) -> None:
    session = browser.new_session()
    await _first_tokens(browser, session, times=20)
    for path in ("/api/live", "/api/sessions", f"/api/sessions/{session}/messages", "/api/personas"):
        message = request("GET", path, headers={"Cookie": browser.cookie_header})
        before = valis.cpu_seconds()
        found = await load(valis.port, message, at_once=32, seconds=4)
        cpu = (valis.cpu_seconds() - before) / found.count * 1000
        what = f"GET {path.replace(session, '…')}, 32 at once"
        times = f"p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms"
        _say(what, f"{found.per_second:.0f} a second", times, f"{cpu:.1f} ms CPU each, {found.failed} failed")


PARTS: dict[str, Callable[[Running, Browser], Coroutine[Any, Any, None]]] = {
    each.__name__: each for each in (history, sessions, personas, sockets, reads)
}


def run(mode: str, names: list[str]) -> None:
    print("| with | | | |\n| --- | --- | --- | --- |")
    for name in names:
        with (
            playing_provider("say:Hello to you.") as provider_port,
            running_valis(mode, provider_port=provider_port) as valis,
        ):
            browser = Browser(valis.port)
            browser.log_in("demo", PASSWORD)
            asyncio.run(_first_tokens(browser, browser.new_session(), times=3))
            asyncio.run(PARTS[name](valis, browser))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default="embedded")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    run(arguments.mode, arguments.only)
