"""How a chat begins in the browser: a greeting is chosen, and stays above the chat."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.store import database
from tests.harness.valis import Valis


def give_greetings(valis: Valis, *texts: str) -> None:
    with database(valis.data, is_writable=True) as rows:
        (persona,) = rows.execute("SELECT id FROM personas_persona WHERE slug = 'jane'").fetchone()
        rows.execute("DELETE FROM personas_card WHERE persona_id = ?", [persona])
        rows.execute(
            "INSERT INTO personas_card (persona_id, original, book, greetings, report, imported_at) "
            "VALUES (?, '', '{}', ?, '{}', '2026-01-01')",
            [persona, json.dumps(texts)],
        )


def test_the_greeting_that_was_chosen_stays_above_the_chat(visit: Visit, valis: Valis) -> None:
    give_greetings(valis, "The second one.", "The *third* one.")
    chat = visit()
    chat.choose("jane")
    shown = chat.page.locator("[data-greeting=jane]")
    shown.get_by_role("button", name="Previous greeting").click()
    expect(shown.get_by_text("The *third* one.")).to_be_visible()
    expect(shown).to_contain_text("Greeting 3 of 3")
    chat.ask("Hello.")

    greeting = chat.page.locator("#entries > li").first
    expect(greeting).to_contain_text("The third one.")
    chat.page.reload()
    expect(greeting).to_contain_text("The third one.")
    expect(greeting.locator("[data-slot=name]")).to_have_text("Jane")


def test_what_one_might_say_goes_into_the_field(visit: Visit) -> None:
    chat = visit()
    chat.choose("jane")
    opener = chat.page.locator("[data-greeting=jane] [data-action=try]").first
    said = opener.get_attribute("data-text") or ""
    opener.click()

    expect(chat.field).to_have_value(said + "\n\n")
    expect(chat.field).to_be_focused()
