"""The palette of commands, shortcuts, and the card that shows them."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import WINDOWS


def _open_palette(page: Page) -> Locator:
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Commands")
    expect(palette).to_be_visible()
    return palette


def _options(palette: Locator) -> Locator:
    return palette.get_by_role("option")


def _chosen(palette: Locator) -> Locator:
    return palette.locator("[role=option][aria-selected=true]")


def test_the_palette_filters_as_one_types_and_enter_goes_to_a_persona(visit: Visit) -> None:
    chat = visit()
    palette = _open_palette(chat.page)
    chat.page.keyboard.type("otto")
    expect(_chosen(palette)).to_contain_text("Otto")
    chat.page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(chat.recipient).to_have_value("otto")
    expect(chat.field).to_be_focused()


def test_a_chat_is_found_by_its_title_from_any_page(visit: Visit) -> None:
    chat = visit()
    chat.ask("Zebras on the balcony")
    address = chat.page.url
    chat.page.goto("/accounts/keys/")
    palette = _open_palette(chat.page)
    chat.page.keyboard.type("zebras")
    expect(_chosen(palette)).to_contain_text("Zebras on the balcony")
    chat.page.keyboard.press("Enter")
    expect(chat.page).to_have_url(address.split("?")[0])


def test_arrows_move_the_choice_around_and_a_reader_is_told_which_it_is(visit: Visit) -> None:
    page = visit().page
    palette = _open_palette(page)
    field = palette.get_by_role("combobox")
    first = _options(palette).first
    expect(_options(palette).filter(has_text="Jane").first).to_be_attached()
    expect(_chosen(palette)).to_have_id("command-new")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "command-theme")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(_options(palette).last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()


def test_what_one_has_chosen_stays_chosen_when_chats_arrive_late(visit: Visit) -> None:
    page = visit().page
    held: list[Route] = []
    page.route("**/api/sessions*", lambda route: held.append(route))  # noqa: PLW0108 - it must be a function
    palette = _open_palette(page)
    expect(_chosen(palette)).to_have_id("command-new")
    page.keyboard.press("ArrowDown")
    while len(held) < 2:
        page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    expect(_options(palette).filter(has_text="Jane").first).to_be_attached()
    expect(_chosen(palette)).to_have_id("command-theme")


def test_escape_closes_the_palette_and_the_focus_returns(visit: Visit) -> None:
    chat = visit()
    chat.field.focus()
    palette = _open_palette(chat.page)
    chat.page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(chat.field).to_be_focused()


def test_a_letter_that_is_a_shortcut_comes_first_in_the_palette(visit: Visit) -> None:
    page = visit().page
    palette = _open_palette(page)
    page.keyboard.type("d")
    expect(_chosen(palette)).to_have_id("command-theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-shown-theme", "dark")


def test_the_palette_says_when_nothing_is_called_that(visit: Visit) -> None:
    page = visit().page
    palette = _open_palette(page)
    page.keyboard.type("xyzzy")
    expect(palette.get_by_role("status")).to_have_text("Nothing is called that.")
    page.keyboard.press("Enter")
    expect(palette).to_be_visible()


def test_one_can_log_out_by_the_palette(visit: Visit) -> None:
    page = visit("/", person=None).page
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill("only-for-this-test")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/chat/**")  # and until it is loaded: only then keys are heard
    palette = _open_palette(page)
    page.keyboard.type("log out")
    expect(_chosen(palette)).to_have_id("command-logout")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_only_those_who_may_are_led_to_diagnostics_and_admin(visit: Visit) -> None:
    usual = _options(_open_palette(visit().page))
    expect(usual.filter(has_text="New chat").first).to_be_visible()
    expect(usual.filter(has_text=re.compile("Admin|Diagnostics|Configuration"))).to_have_count(0)
    staff = _open_palette(visit(person="staff").page)
    for id_ in ("command-live", "command-configuration", "command-admin"):
        expect(staff.locator(f"#{id_}")).to_be_visible()


def test_letters_with_alt_work_while_one_writes(visit: Visit) -> None:
    chat = visit(color_scheme="light")
    chat.field.fill("half a sentence")
    chat.page.keyboard.press("Alt+d")
    expect(chat.page.locator("html")).to_have_attribute("data-shown-theme", "dark")
    expect(chat.field).to_have_value("half a sentence")
    chat.page.keyboard.press("Alt+,")
    expect(chat.page).to_have_url(re.compile("/accounts/keys/"))
    chat.page.wait_for_load_state()
    chat.page.keyboard.press("Alt+n")
    expect(chat.page).to_have_url(re.compile(r"/chat/(\?|$)"))


def test_a_slash_goes_where_one_searches_or_else_writes_and_is_not_typed(visit: Visit) -> None:
    chat = visit()
    chat.page.locator("#conversation").focus()
    chat.page.keyboard.press("/")
    field = chat.page.locator("input[type=search]").or_(chat.field).first
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_single_keys_are_text_while_one_writes(visit: Visit) -> None:
    chat = visit()
    chat.field.focus()
    chat.page.keyboard.type("what? /now")
    expect(chat.field).to_have_value("what? /now")
    expect(chat.page.locator("#shortcuts")).to_be_hidden()


def test_single_keys_can_be_switched_off_and_stay_off(visit: Visit) -> None:
    chat = visit()
    card = chat.page.get_by_role("dialog", name="Keyboard shortcuts")
    conversation = chat.page.locator("#conversation")
    conversation.focus()
    chat.page.keyboard.press("?")
    expect(card).to_be_visible()
    card.get_by_label("Single keys").uncheck()
    for _ in range(2):
        chat.page.reload()
        expect(chat.field).to_be_focused()
        conversation.focus()
        chat.page.keyboard.press("?")
        chat.page.keyboard.press("/")
        expect(conversation).to_be_focused()
        expect(card).to_be_hidden()
    palette = _open_palette(chat.page)
    chat.page.keyboard.type("keyboard")
    chat.page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    card.get_by_label("Single keys").check()
    chat.page.keyboard.press("Escape")
    conversation.focus()
    chat.page.keyboard.press("?")
    expect(card).to_be_visible()


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_axe_finds_nothing_in_palette_and_card(visit: Visit, window: dict[str, object]) -> None:
    page = visit(person="staff", **window).page
    palette = _open_palette(page)
    expect(_options(palette).filter(has_text="Jane").first).to_be_attached()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.locator("#conversation").focus()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    assert_accessible(page)


def _card(page: Page) -> Locator:
    page.wait_for_load_state()
    page.locator("#conversation").focus()
    page.keyboard.press("?")
    card = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(card).to_be_visible()
    return card


def test_a_single_key_can_be_given_alt_and_stays_changed(visit: Visit) -> None:
    chat = visit()
    card = _card(chat.page)
    card.get_by_role("button", name="Change the keys of: Search, or write").click()
    chat.page.keyboard.press("Alt+s")
    expect(card.get_by_role("status")).to_have_text("Search, or write: Alt+S.")
    chat.page.reload()
    chat.field.focus()
    chat.page.keyboard.press("Alt+s")

    expect(chat.page.locator("input[type=search]").first).to_be_focused()
    chat.page.locator("#conversation").focus()
    chat.page.keyboard.press("/")
    expect(chat.page.locator("#conversation")).to_be_focused()


def test_the_letter_of_a_command_changes_in_the_palette_too(visit: Visit) -> None:
    page = visit(color_scheme="light").page
    card = _card(page)
    card.get_by_role("button", name="Change the keys of: Light or dark").click()
    page.keyboard.press("Alt+x")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    palette = _open_palette(page)
    page.keyboard.type("x")

    expect(_chosen(palette)).to_have_id("command-theme")
    expect(_chosen(palette)).to_contain_text("Alt X")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+x")
    expect(page.locator("html")).to_have_attribute("data-shown-theme", "dark")


@pytest.mark.parametrize(
    ("command", "keys", "reason"),
    [
        ("Settings", "Alt+n", "Alt+N belongs to “New chat”."),
        ("New chat", "g", "This one needs Alt"),
        ("This card", "Control+b", "has Ctrl with it"),
        ("This card", "Enter", "no letter, digit or sign"),
    ],
)
def test_keys_that_cannot_be_had_are_refused_in_words(
    visit: Visit, command: str, keys: str, reason: str
) -> None:
    page = visit().page
    card = _card(page)
    card.get_by_role("button", name=f"Change the keys of: {command}").click()
    page.keyboard.press(keys)
    expect(card.get_by_role("status")).to_contain_text(reason)
    page.keyboard.press("Escape")

    expect(card).to_be_visible()
    expect(card.get_by_role("status")).to_have_text("It stays as it is.")
    expect(card.get_by_role("button", name="Reset all keys")).to_be_hidden()


def test_reset_takes_all_keys_back_and_tab_always_goes_on(visit: Visit) -> None:
    page = visit().page
    card = _card(page)
    change = card.get_by_role("button", name="Change the keys of: This card")
    change.click()
    page.keyboard.press("h")
    expect(card.get_by_role("status")).to_have_text("This card: H.")
    change.click()
    page.keyboard.press("Tab")
    expect(change).not_to_be_focused()
    card.get_by_role("button", name="Reset all keys").click()
    expect(card.get_by_role("status")).to_have_text("All keys are as they came.")
    page.keyboard.press("Escape")

    assert _card(page)
