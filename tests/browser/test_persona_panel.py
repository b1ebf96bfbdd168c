"""The persona panel: sliders, drop-downs, caps, and a save that asks once."""

import json
import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import WINDOWS, in_every_window
from tests.harness.store import database
from tests.harness.valis import Valis
from tests.playing import PlayingServer


@pytest.fixture
def persona(valis: Valis) -> dict[str, Any]:
    """Sam's row as it is stored."""
    with database(valis.data) as connection:
        found = connection.execute("SELECT * FROM personas_persona WHERE slug = 'sam'").fetchone()
        return dict(found)


@pytest.fixture
def panel(visit: Visit, persona: dict[str, Any]) -> Page:
    return visit(f"/admin/personas/persona/{persona['id']}/change/", person="staff").page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("was changed successfully").first).to_be_visible()


def stored(valis: Valis, column: str) -> Any:
    with database(valis.data) as connection:
        return connection.execute(f"SELECT {column} FROM personas_persona WHERE slug = 'sam'").fetchone()[0]


def test_sliders_and_drop_downs_are_in_the_prompt_of_the_next_reply(
    panel: Page, visit: Visit, playing: PlayingServer
) -> None:
    slider = panel.get_by_role("slider", name="Skepticism, 0 to 100")
    slider.fill("97")
    expect(panel.get_by_role("checkbox", name="Skepticism")).to_be_checked()
    panel.locator("[name=engagement]").select_option("observer")
    save(panel)
    chat = visit()
    chat.choose("sam")
    chat.ask("Hello Sam.")

    assert "Skepticism is very high (97 of 100)" in playing.calls[-1].system
    assert "Stay in the background" in playing.calls[-1].system


def test_a_slider_is_moved_by_keyboard_and_tells_its_value(panel: Page) -> None:
    slider = panel.get_by_role("slider", name="Warmth, 0 to 100")
    slider.fill("50")
    slider.press("ArrowRight")

    expect(slider).to_have_value("51")
    expect(slider.locator("xpath=following-sibling::output")).to_have_text("51")


def test_the_temperature_goes_in_tenths_or_is_the_providers_own(panel: Page, valis: Valis) -> None:
    panel.get_by_role("slider", name="Temperature, custom value").fill("0.3")
    save(panel)
    assert stored(valis, "temperature") == 0.3

    panel.go_back()
    panel.reload()
    panel.get_by_role("radio", name="The provider's own").check()
    save(panel)
    assert stored(valis, "temperature") is None


def test_a_cap_is_the_general_one_or_its_own(panel: Page, valis: Valis) -> None:
    group = panel.get_by_role("group", name="Daily cost cap")
    expect(group.get_by_role("radio", name="Default (global)")).to_be_checked()
    group.get_by_role("spinbutton").fill("0.25")
    expect(group.get_by_role("radio", name="Custom")).to_be_checked()
    save(panel)
    assert stored(valis, "daily_cost_cap_usd") == 0.25

    panel.go_back()
    panel.reload()
    group.get_by_role("radio", name="Default (global)").check()
    save(panel)
    assert stored(valis, "daily_cost_cap_usd") is None


def test_a_provider_and_its_model_are_chosen_in_a_row(panel: Page, valis: Valis) -> None:
    panel.get_by_label("Provider 1").select_option("openai")
    panel.get_by_label("Model 1").fill("gpt-5.4-mini")
    panel.get_by_label("Provider 2").select_option("local")
    save(panel)

    assert stored(valis, "cascade") == '["openai gpt-5.4-mini", "local"]'


def test_saving_asks_once_and_names_what_was_changed(panel: Page, valis: Valis) -> None:
    panel.locator("[name=tone]").fill("brisk")
    panel.get_by_role("button", name="Save", exact=True).click()
    dialog = panel.get_by_role("dialog", name="Save this persona?")
    expect(dialog).to_contain_text("Changed: Tone. The next reply uses it.")
    dialog.get_by_role("button", name="Keep editing").click()

    expect(dialog).to_be_hidden()
    assert stored(valis, "tone") != "brisk"


def test_an_earlier_version_is_put_back_with_all_its_sliders(
    panel: Page, persona: dict[str, Any], valis: Valis
) -> None:
    before = json.loads(persona["traits"])
    panel.get_by_role("slider", name="Warmth, 0 to 100").fill("3")
    save(panel)
    panel.goto(f"/admin/personas/persona/{persona['id']}/history/")
    panel.locator("#change-history tbody tr").nth(1).get_by_role("link", name="Sam").click()
    panel.get_by_role("button", name="Revert").click()
    expect(panel.get_by_text("was changed successfully").first).to_be_visible()

    assert json.loads(stored(valis, "traits")) == before


@in_every_window
def test_axe_finds_nothing_in_the_panel(
    visit: Visit, persona: dict[str, Any], window: dict[str, Any]
) -> None:
    page = visit(f"/admin/personas/persona/{persona['id']}/change/", person="staff", **window).page
    expect(page.get_by_role("slider", name="Warmth, 0 to 100")).to_be_visible()
    if folder := os.environ.get("VALIS_PICTURES"):
        name = next(name for name, each in WINDOWS.items() if each == window).replace(" ", "-")
        page.screenshot(path=f"{folder}/panel-{name}.png", full_page=True)
    assert_accessible(page, within={"include": [".panel-group", ".panel-choice"]})
