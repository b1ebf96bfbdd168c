"""A real Chromium before a real VALIS, which asks a provider that plays what a test wants.

One of each for all tests of a file. Whatever a page complains of fails the test that opened it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.browser.watching import Watch
from tests.harness.browsers import CHROMIUMS, path_of
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis, use_backup
from tests.harness.store import set_up_engine, set_up_provider
from tests.harness.valis import Valis
from tests.playing import PlayingServer

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
USUAL = "say:Here is a short answer."

Visit = Callable[..., ChatPage]

expect.set_options(timeout=60_000)  # machines that run tests are busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of(CHROMIUMS), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    """What `visit` opens pages in. `test_firefox.py` has another."""
    return chromium


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: USUAL}) as server:
        yield server


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing) as process:
        yield process


@pytest.fixture(scope="module")
def people(valis: Valis) -> Callable[[str], Person]:
    """A logged-in person; logging in once is enough."""
    known: dict[str, Person] = {}

    def person(username: str) -> Person:
        if username not in known:
            known[username] = Person(valis.url).come_in(username)
        return known[username]

    return person


@pytest.fixture(autouse=True)
def _usual_provider(playing: PlayingServer, valis: Valis) -> None:
    playing.cast(MODEL, USUAL)
    playing.calls.clear()
    use_backup(valis.data, playing, is_enabled=False)
    set_up_provider(valis.data, "openai", silence_timeout=None)
    set_up_engine(valis.data, retry_schedule=[])


@pytest.fixture
def watch(valis: Valis) -> Iterator[Watch]:
    watch = Watch(valis.url)
    yield watch
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def visit(browser: Browser, valis: Valis, people: Callable[[str], Person], watch: Watch) -> Iterator[Visit]:
    """Open a page in a browser window of its own; `person=None` is not logged in."""
    opened = []

    def open_page(path: str = "/chat/", *, person: str | None = "demo", **options: Any) -> ChatPage:
        context = browser.new_context(base_url=valis.url, **options)
        context.set_default_timeout(30_000)
        opened.append(context)
        if person:
            cookie = {"name": "sessionid", "value": people(person).login_cookie, "url": valis.url}
            context.add_cookies([cookie])
        watch.follow(context)
        page = context.new_page()
        page.goto(path)
        return ChatPage(page)

    yield open_page
    for context in opened:
        context.close()
