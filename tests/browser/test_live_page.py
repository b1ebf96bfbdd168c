"""Staff see what happens while it happens: a provider is broken on purpose, and the page shows it."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import USUAL, Visit
from tests.browser.test_accessibility import in_every_window
from tests.browser.watching import Watch
from tests.harness.person import Person
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.store import set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer


@pytest.fixture
def broken(valis: Valis, playing: PlayingServer) -> None:
    """The first provider fails, the second one answers."""
    use_backup(valis.data, playing)
    playing.cast(MODEL, "status:500")
    playing.cast(BACKUP_MODEL, USUAL)


def test_a_broken_provider_shows_as_a_failover(visit: Visit, people: Any, broken: None) -> None:
    page = visit("/diagnostics/", person="staff").page
    expect(page.locator("#connection")).to_have_attribute("data-state", "connected")

    people("demo").post("/api/chat", {"message": "Who answers?"})

    activity = page.locator("#activity-list")
    expect(activity).to_contain_text("local is asked in the place of openai")
    expect(activity).to_contain_text("openai failed")
    row = page.locator("#tile-providers tr", has_text="openai")
    expect(row.locator("td").nth(2)).to_have_text(re.compile(r"^[1-9]"))


def test_a_circuit_opens_before_ones_eyes_and_is_reset(
    visit: Visit, valis: Valis, people: Any, broken: None
) -> None:
    set_up_engine(valis.data, retry_schedule=[], circuit_breaker_threshold=1)
    page = visit("/diagnostics/", person="staff").page
    expect(page.locator("#connection")).to_have_attribute("data-state", "connected")

    people("demo").post("/api/chat", {"message": "Who answers?"})

    tile = page.locator("#tile-circuits")
    expect(tile.locator(".circuit-open")).to_have_count(1)
    tile.get_by_role("button", name="Reset").click()
    expect(tile.locator(".circuit-open")).to_have_count(0)
    expect(page.locator("#activity-list")).to_contain_text("was reset by staff")


def test_the_page_goes_on_without_the_socket(visit: Visit, people: Any, watch: Watch) -> None:
    chat = visit("/chat/", person="staff")
    page = chat.page
    page.add_init_script("window.WebSocket = class extends EventTarget { constructor() { super();"
                         " setTimeout(() => this.onclose?.({ code: 1006 })); } close() {} };")  # fmt: skip
    page.clock.install()
    page.goto("/diagnostics/")
    expect(page.locator("#connection")).to_contain_text("Disconnected")
    before = page.locator("#activity-list [data-id]").count()

    people("demo").post("/api/chat", {"message": "Does anybody see this?"})
    for _ in range(3):
        page.clock.run_for(11_000)

    expect(page.locator("#activity-list [data-id]")).not_to_have_count(before)


def test_every_event_is_shown_once_after_the_connection_broke(visit: Visit, people: Any) -> None:
    page = visit("/diagnostics/", person="staff").page
    expect(page.locator("#connection")).to_have_attribute("data-state", "connected")
    page.context.set_offline(True)
    people("demo").post("/api/chat", {"message": "Once."})
    page.context.set_offline(False)
    page.reload()

    expect(page.locator("#connection")).to_have_attribute("data-state", "connected")
    expect(page.locator("#activity-list [data-id]").first).to_contain_text(
        re.compile("answered by|spoke with")
    )
    ids = page.locator("#activity-list [data-id]").evaluate_all("all => all.map((each) => each.dataset.id)")
    assert len(ids) == len(set(ids))


def test_who_may_not_watch_has_no_tab(visit: Visit) -> None:
    page = visit("/chat/").page

    expect(page.get_by_role("link", name="Live")).to_have_count(0)


@in_every_window
def test_axe_finds_nothing(visit: Visit, people: Any, broken: None, window: dict[str, Any]) -> None:
    demo: Person = people("demo")
    demo.post("/api/chat", {"message": "Everything at once, please."})
    page = visit("/diagnostics/", person="staff", **window).page
    expect(page.locator("#connection")).to_have_attribute("data-state", "connected")

    assert_accessible(page)
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0
