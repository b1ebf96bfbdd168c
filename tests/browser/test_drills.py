"""Staff make a provider fail, and watch failover and circuit on the page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import USUAL, Visit
from tests.browser.test_accessibility import in_every_window
from tests.harness.person import Person
from tests.harness.running import BACKUP_MODEL, use_backup
from tests.harness.store import set_up_engine
from tests.harness.valis import Valis
from tests.playing import PlayingServer


@pytest.fixture
def two_providers(valis: Valis, playing: PlayingServer) -> None:
    use_backup(valis.data, playing)
    playing.cast(BACKUP_MODEL, USUAL)
    set_up_engine(valis.data, retry_schedule=[], circuit_breaker_threshold=1, circuit_breaker_timeout=3)


@pytest.fixture(autouse=True)
def _no_drill_is_left(people: Callable[[str], Person]) -> Iterator[None]:
    yield
    staff = people("staff")
    for drill in staff.get("/api/drills")["results"]:
        staff.post(f"/api/drills/{drill['id']}/end", {})


def start_drill(page: Page) -> None:
    page.get_by_label("Provider").select_option("openai")
    page.get_by_label("How it fails").select_option("rate_limited")
    page.get_by_role("button", name="Start the drill").click()


def ask_once(page: Page) -> None:
    page.get_by_role("button", name="Ask once").click()


def finding(page: Page, name: str, *, is_seen: bool = True) -> None:
    row = page.locator("#report .findings li", has_text=name)
    expect(row).to_have_attribute("data-seen", "yes" if is_seen else "no")


def test_a_drill_shows_failover_and_a_circuit_that_opens_half_opens_and_closes(
    visit: Visit, two_providers: None
) -> None:
    page = visit("/diagnostics/drills/", person="staff").page
    start_drill(page)
    finding(page, "Answers", is_seen=False)

    ask_once(page)
    rows = page.locator(".drill-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("rate_limited")
    expect(rows.nth(1)).to_contain_text("Answered")
    finding(page, "Circuit opened")

    page.get_by_role("button", name="Let it recover").click()
    expect(page.locator("#report .drill-state")).to_have_text("Recovering")
    page.wait_for_timeout(3_500)  # the circuit's own time
    ask_once(page)
    finding(page, "Circuit half opened")
    finding(page, "Circuit closed")
    expect(page.locator("#report .drill-state")).to_have_text("Ended")


def test_the_story_of_a_chat_says_that_it_was_a_drill_and_others_are_not_in_it(
    visit: Visit, two_providers: None
) -> None:
    page = visit("/diagnostics/drills/", person="staff").page
    start_drill(page)
    chat = visit("/chat/", person="staff")

    reply = chat.ask("Who answers?")

    chat.provider_of(reply).click()
    expect(chat.dialog.locator(".step[data-outcome=failed]")).to_contain_text("drill: 429")
    demo = visit("/chat/")
    expect(demo.provider_of(demo.ask("And me?"))).to_contain_text("openai")
    page.get_by_role("button", name="End now").click()
    expect(page.locator("#report .drill-state")).to_have_text("Ended")


def test_a_drill_for_everybody_has_to_be_confirmed(visit: Visit, two_providers: None) -> None:
    page = visit("/diagnostics/drills/", person="staff").page
    confirm = page.get_by_label("I know that the replies of everybody will fail over")
    expect(confirm).to_be_hidden()
    page.get_by_label("Everybody", exact=True).check()
    expect(confirm).to_be_visible()

    start_drill(page)
    expect(page.locator(".messages")).to_contain_text("Confirm that the replies of everybody")

    page.get_by_label("Everybody", exact=True).check()
    confirm.check()
    start_drill(page)
    expect(page.locator("#main")).to_contain_text("for everybody")
    page.get_by_role("button", name="End now").click()


@in_every_window
def test_the_pages_of_drills_are_accessible(
    visit: Visit, two_providers: None, window: dict[str, object]
) -> None:
    page = visit("/diagnostics/drills/", person="staff", **window).page
    assert_accessible(page)
    start_drill(page)
    ask_once(page)
    finding(page, "Answers")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="End now").click()


def test_a_banner_on_the_live_page_comes_and_goes_with_the_drill(visit: Visit, two_providers: None) -> None:
    live = visit("/diagnostics/", person="staff").page
    banner = live.get_by_role("region", name="A failover drill runs")
    expect(banner).to_be_hidden()
    page = visit("/diagnostics/drills/", person="staff").page
    start_drill(page)

    expect(banner).to_contain_text("openai fails on purpose until")
    page.get_by_role("button", name="End now").click()
    expect(banner).to_be_hidden()
