"""axe finds nothing on any page, light and dark, on a desk and on a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.person import Person
from tests.harness.rows import rows_in
from tests.harness.running import MODEL
from tests.harness.valis import Valis
from tests.playing import PlayingServer

MARKDOWN = """say:A heading
=========

Some **bold** text, `code`, and [a link](https://example.org).

| item | price |
| --- | --- |
| tea | 2 |

- [x] done
- [ ] to do

```javascript
// a comment
export const greet = (name) => `Hello, ${name}`;
```

> A quotation, with a note[^1].

[^1]: As it was said."""

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
WINDOWS: dict[str, dict[str, Any]] = {
    "light desk": {"color_scheme": "light", "viewport": DESK},
    "dark desk": {"color_scheme": "dark", "viewport": DESK},
    "light phone": {"color_scheme": "light", "viewport": PHONE},
    "dark phone": {"color_scheme": "dark", "viewport": PHONE},
}
in_every_window = pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
in_two_windows = pytest.mark.parametrize(
    "window", [WINDOWS[name] for name in ("dark desk", "light phone")], ids=["dark desk", "light phone"]
)


@pytest.fixture(scope="module")
def full_chat(valis: Valis, playing: PlayingServer, people: Callable[[str], Person]) -> str:
    """The address of a chat that holds every kind of reply."""
    demo = people("demo")
    playing.cast(MODEL, MARKDOWN)
    session = demo.post("/api/chat", {"message": "Everything at once, please."})["session_id"]
    playing.cast(MODEL, "status:401")
    demo.post("/api/chat", {"message": "Nobody there?", "session_id": session})
    playing.cast(MODEL, "tokens:200@20")
    turn = demo.post("/api/chat", {"message": "Stop.", "session_id": session, "wait": False})["turn"]
    playing.calls.wait_until(lambda calls: calls[-1].said)
    demo.post(f"/api/turns/{turn['id']}/stop", {})
    return f"/chat/{session}/"


@in_every_window
def test_the_login(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/accounts/login/", person=None, **window).page
    assert_accessible(page)
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


@in_every_window
def test_an_empty_chat(visit: Visit, window: dict[str, Any]) -> None:
    chat = visit(**window)
    expect(chat.page.locator("[data-greeting]").locator("visible=true")).to_be_visible()
    assert_accessible(chat.page)


@in_every_window
def test_a_full_chat_and_the_story_of_a_reply(visit: Visit, window: dict[str, Any], full_chat: str) -> None:
    chat = visit(full_chat, **window)
    chat.expect_status(chat.turn(2), "cancelled")
    chat.expect_connected()
    assert_accessible(chat.page)
    badge = chat.provider_of(chat.turn(1))
    badge.click()
    expect(chat.dialog.locator(".story")).to_be_visible()
    assert_accessible(chat.page)
    chat.page.goto(badge.get_attribute("href") or "")
    assert_accessible(chat.page)


@in_two_windows
def test_a_reply_while_it_streams_with_another_one_waiting(
    visit: Visit, window: dict[str, Any], playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:300@30")
    chat = visit(**window)
    chat.send("Stream for a while.")
    chat.send("And this waits.")
    expect(chat.text_of(chat.turn(0))).to_contain_text("w3 ")
    assert_accessible(chat.page)
    _leave_nothing_running(chat)


@in_two_windows
def test_versions_beside_each_other_and_a_message_that_is_edited(
    visit: Visit, window: dict[str, Any], playing: PlayingServer
) -> None:
    chat = visit(**window)
    playing.cast(MODEL, MARKDOWN)
    chat.ask("Everything at once, please.")
    for number in (2, 3):
        chat.turn().get_by_role("button", name="Regenerate this reply").click()
        expect(chat.turn().locator("[data-slot=version-place]")).to_have_text(f"{number} / {number}")
        chat.expect_status(chat.turn(), "complete")
    assert_accessible(chat.page)
    chat.messages.first.get_by_role("button", name="Edit this message").click()
    assert_accessible(chat.page)
    chat.page.keyboard.press("Escape")
    chat.turn().get_by_role("button", name="Ask somebody else").click()
    expect(chat.page.get_by_role("dialog", name="Ask somebody else")).to_be_visible()
    assert_accessible(chat.page)
    chat.page.keyboard.press("Escape")
    chat.turn().get_by_role("link", name="Compare").click()
    expect(chat.page.locator(".compare-text")).to_have_count(3)
    assert_accessible(chat.page)


def _leave_nothing_running(chat: ChatPage) -> None:
    chat.stop(chat.turn(1))
    chat.stop(chat.turn(0))
    chat.expect_status(chat.turn(0), "cancelled")


@in_two_windows
def test_the_open_drawer_and_menu(visit: Visit, window: dict[str, Any]) -> None:
    chat = visit(**window)
    if window["viewport"]["width"] < 700:
        chat.page.locator(".drawer-button").click()
        expect(chat.sidebar).to_be_visible()
        assert_accessible(chat.page)
        chat.page.keyboard.press("Escape")
    chat.page.locator(".menu-button").click()
    expect(chat.page.get_by_role("button", name="Log out")).to_be_visible()
    assert_accessible(chat.page)


@in_every_window
def test_the_page_of_keys_with_a_new_one(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/accounts/keys/", **window).page
    assert_accessible(page)
    page.get_by_label("What is it for?").fill("A program")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("status")).to_contain_text("It is not shown again")
    assert_accessible(page)


@in_every_window
def test_the_dry_run_of_another_persona(visit: Visit, window: dict[str, Any]) -> None:
    page = visit("/diagnostics/dry-run/", person="staff", **window).page
    page.get_by_label("Persona", exact=True).select_option("sam")
    expect(page).to_have_url(re.compile("persona=sam"))
    expect(page.get_by_text("would be asked first")).to_be_visible()
    assert_accessible(page)


@in_every_window
def test_the_configuration_with_a_broken_file_and_going_back(
    visit: Visit, window: dict[str, Any], valis: Valis
) -> None:
    (valis.data / ".valis_config.json").write_text('{"engine": {"max_output": 512,}}')
    page = visit("/diagnostics/config/", person="staff", **window).page
    expect(page.get_by_text("The file cannot be loaded.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Go back to #").first.click()
    expect(page.get_by_role("heading", name="Go back to snapshot")).to_be_visible()
    assert_accessible(page)


@in_every_window
def test_the_last_messages_of_everybody(
    visit: Visit, window: dict[str, Any], full_chat: str, valis: Valis
) -> None:
    allow(valis, "staff", "read_others_chats")
    page = visit("/diagnostics/messages/", person="staff", **window).page
    expect(page.get_by_text("Everything at once, please.").first).to_be_visible()
    assert_accessible(page)


def allow(valis: Valis, username: str, right: str) -> None:
    rows_in(valis.data).change(
        "INSERT INTO accounts_user_user_permissions (user_id, permission_id) "
        "SELECT person.id, permission.id FROM accounts_user AS person, auth_permission AS permission "
        "WHERE username = %s AND codename = %s ON CONFLICT DO NOTHING",
        [username, right],
    )


@in_every_window
def test_an_error_page(visit: Visit, window: dict[str, Any], watch: Watch) -> None:
    watch.expect("404")
    page = visit("/chat/7a1b8f0e-0000-4000-8000-000000000000/", **window).page
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert_accessible(page)
