"""Light and dark: as the system has it, or as somebody chose."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

GROUND = "body => getComputedStyle(body).backgroundColor"
LIGHT, DARK = "rgb(251, 251, 250)", "rgb(22, 25, 27)"


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_the_page_follows_the_system_with_and_without_scripts(visit: Visit, scheme: str, ground: str) -> None:
    for has_scripts in (True, False):
        page = visit(color_scheme=scheme, java_script_enabled=has_scripts).page
        expect(page.locator("body")).to_have_css("background-color", ground)


def test_a_choice_is_kept_and_taking_it_back_follows_the_system_again(visit: Visit) -> None:
    page = visit(color_scheme="light").page
    body, toggle = page.locator("body"), page.locator("[data-action=toggle-theme]")
    toggle.click()
    expect(body).to_have_css("background-color", DARK)
    page.reload()
    assert body.evaluate(GROUND) == DARK
    expect(toggle).to_have_accessible_name("Change to light theme")
    toggle.click()
    expect(body).to_have_css("background-color", LIGHT)
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", DARK)
