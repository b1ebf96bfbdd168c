"""The options of a chat in the sidebar."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import assert_accessible
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import WINDOWS
from tests.harness.store import set_up_engine
from tests.harness.valis import Valis


@pytest.fixture
def title() -> str:
    """All tests share a server; each has a chat of its own."""
    return f"A matter of weight {uuid4().hex[:8]}"


@pytest.fixture
def chat(visit: Visit, title: str) -> ChatPage:
    chat = visit()
    chat.ask(title)
    chat.expect_connected()
    return chat


def options(chat: ChatPage, title: str) -> Locator:
    return chat.sidebar.get_by_role("link", name=f"Options for {title}").first


def row(chat: ChatPage, title: str) -> Locator:
    return chat.sidebar.locator(".row", has_text=title).first


def test_a_chat_is_renamed_by_keyboard_and_other_tabs_hear_of_it(
    chat: ChatPage, visit: Visit, title: str
) -> None:
    other = visit(chat.page.url)
    other.expect_connected()

    row(chat, title).focus()
    chat.page.keyboard.press("Tab")
    expect(options(chat, title)).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_label("Title")).to_be_focused()
    chat.page.keyboard.type("Renamed by hand")
    chat.page.keyboard.press("Enter")

    expect(row(chat, "Renamed by hand")).to_be_visible()
    expect(options(chat, "Renamed by hand")).to_be_focused()
    expect(chat.page.locator("#subject")).to_have_text("Renamed by hand")
    expect(other.page.locator("#subject")).to_have_text("Renamed by hand")
    expect(row(other, "Renamed by hand")).to_be_visible()


def test_a_pinned_chat_stands_first_and_an_archived_one_apart(chat: ChatPage, title: str) -> None:
    options(chat, title).click()
    chat.page.get_by_role("button", name="Pin to the top").click()
    expect(chat.sidebar.get_by_role("heading", name="Pinned")).to_be_visible()

    options(chat, title).click()
    chat.page.get_by_role("button", name="Archive").click()
    archived = chat.sidebar.get_by_role("link", name="Archived (")
    expect(archived).to_be_visible()
    archived.click()
    chat.page.get_by_role("button", name=f"Bring back {title}").first.click()
    expect(row(chat, title)).to_be_visible()


def test_another_chat_is_deleted_with_an_undo_at_hand(chat: ChatPage, visit: Visit, title: str) -> None:
    here = visit()
    here.ask("Where I am")
    options(here, title).click()
    count = here.sidebar.locator(".row", has_text=title).count()
    here.page.get_by_role("button", name="Delete").click()

    expect(here.sidebar.locator(".row", has_text=title)).to_have_count(count - 1)
    undo = here.page.get_by_role("button", name="Undo the deletion")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(here.sidebar.locator(".row", has_text=title)).to_have_count(count)
    expect(undo).to_have_count(0)


def test_deleting_the_chat_one_looks_at_leads_home_and_back(chat: ChatPage, title: str) -> None:
    address = chat.page.url
    options(chat, title).click()
    chat.page.get_by_role("button", name="Delete").click()

    chat.page.wait_for_url("**/chat/?deleted=*")
    chat.page.get_by_role("button", name="Undo the deletion").click()
    chat.page.wait_for_url(address)
    expect(chat.page.locator("#entries .message")).to_contain_text(title)


def test_a_window_whose_chat_was_deleted_elsewhere_says_so(chat: ChatPage, visit: Visit, title: str) -> None:
    other = visit(chat.page.url)
    other.expect_connected()

    options(chat, title).click()
    chat.page.get_by_role("button", name="Delete").click()

    expect(other.complaint).to_contain_text("does not exist any more")


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_menu_toast_and_archive_are_accessible(visit: Visit, window: dict[str, object]) -> None:
    chat = visit(**window)
    chat.ask("Something to put away")

    def look() -> None:
        assert_accessible(chat.page)

    if window["viewport"]["width"] < 700:  # type: ignore[index]
        chat.page.locator(".drawer-button").click()
    options(chat, "Something to put away").click()
    expect(chat.page.locator("#session-menu")).to_be_visible()
    look()
    chat.page.get_by_role("button", name="Delete").click()
    expect(chat.page.get_by_role("button", name="Undo the deletion")).to_be_visible()
    look()
    chat.page.goto("/chat/archive/")
    look()


def test_a_title_by_a_model_appears_by_itself_where_staff_allow_it(visit: Visit, valis: Valis) -> None:
    set_up_engine(valis.data, titles_by_model=True)
    try:
        chat = visit()
        chat.ask("How do the tides come about?")

        expect(chat.page.locator("#subject")).to_have_text("Here is a short answer")
        expect(chat.sidebar.locator("#sessions [aria-current=page]")).to_contain_text(
            "Here is a short answer"
        )
    finally:
        set_up_engine(valis.data, titles_by_model=False)


def test_the_times_of_a_list_go_on_while_it_is_looked_at(chat: ChatPage) -> None:
    page = chat.page
    page.clock.install()
    page.goto("/chat/all/")
    time = page.locator(".archive-item time").first
    expect(time).to_have_text(re.compile("just now|minutes? ago"))
    page.clock.fast_forward("02:00:00")
    expect(time).to_have_text("2 hours ago")
