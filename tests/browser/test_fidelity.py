"""Staff see how far every provider is from a golden reply, and check a change before they save it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from personas.golden.files import shipped_dialogues
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import assert_accessible, in_every_window
from tests.harness.person import Person
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.valis import Valis
from tests.playing import PlayingServer

LOUD = "say:WOW!!! Obviously you just have to calm down!!! Next question!!!"
OVERVIEW = "/diagnostics/fidelity/"


@pytest.fixture(autouse=True)
def two_voices(valis: Valis, playing: PlayingServer) -> None:
    """One that keeps Jane's voice, and one that does not."""
    use_backup(valis.data, playing)
    golden = "|".join(f"say:{each['reply']}" for each in shipped_dialogues("jane"))
    playing.cast(MODEL, f"fail-then:{golden}")
    playing.cast(BACKUP_MODEL, LOUD)


@pytest.fixture(autouse=True)
def _no_run_is_left(people: Callable[[str], Person]) -> Iterator[None]:
    yield
    staff = people("staff")
    for run in staff.get("/api/personas/jane/fidelity")["results"]:
        staff.post(f"/api/fidelity/{run['id']}/stop", {})


def start(page: Page) -> None:
    page.get_by_label("Persona", exact=True).select_option("jane")
    page.get_by_role("button", name="Plan a run").click()
    page.get_by_role("button", name="Start the run").click()


def state(page: Page, word: str) -> None:
    expect(page.locator("#report .fidelity-state")).to_have_text(word)


def test_a_run_shows_who_keeps_the_voice_while_it_goes_on_and_at_its_end(visit: Visit) -> None:
    page = visit(OVERVIEW, person="staff").page
    start(page)

    state(page, "Ended")

    row = page.locator(".fidelity-table tbody tr")
    expect(row.filter(has_text="openai").locator(".fidelity-word").first).to_have_text("close")
    expect(row.filter(has_text="local").locator(".fidelity-word").first).to_have_text("off")
    golden, same, loud = (page.locator("details[open] .fidelity-reply").nth(each) for each in range(3))
    expect(golden).to_contain_text("Golden")
    assert same.locator(".fidelity-text").inner_text() == golden.locator(".fidelity-text").inner_text()
    expect(loud.locator("[data-mark=missing]").first).to_be_visible()


def test_a_run_is_stopped_by_its_button(visit: Visit, playing: PlayingServer) -> None:
    playing.cast(MODEL, "hang")
    page = visit(OVERVIEW, person="staff").page
    start(page)
    expect(page.get_by_text("openai", exact=False).first).to_be_visible()

    page.get_by_role("button", name="Stop").click()

    state(page, "Stopped")


def test_values_that_are_not_saved_are_checked_in_a_new_tab_and_the_form_stays(
    visit: Visit, playing: PlayingServer
) -> None:
    form = visit("/admin/personas/persona/?q=jane", person="staff").page
    form.get_by_role("link", name="Jane").first.click()
    tone = form.locator("#id_tone")
    tone.fill("curt and grumpy")

    with form.context.expect_page() as opened:
        form.get_by_role("button", name="Check fidelity of these values").click()

    page = opened.value
    expect(page.locator("#main")).to_contain_text("draft by staff")
    state(page, "Ended")
    assert "curt and grumpy" in playing.calls[-1].body["messages"][0]["content"]
    expect(tone).to_have_value("curt and grumpy")
    form.reload()
    expect(form.locator("#id_tone")).not_to_have_value("curt and grumpy")


@in_every_window
def test_the_pages_of_fidelity_are_accessible(visit: Visit, window: dict[str, object]) -> None:
    page = visit(OVERVIEW, person="staff", **window).page
    assert_accessible(page)
    start(page)
    assert_accessible(page)
    state(page, "Ended")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="All runs of Jane").click()
    assert_accessible(page)
