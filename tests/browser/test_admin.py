"""Staff change something in admin, and the next reply goes by it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.watching import Watch
from tests.harness.running import CANARY, MODEL
from tests.harness.store import database
from tests.harness.valis import Valis
from tests.playing import PlayingServer

STORED_KEY = "sk-VALISCANARY-stored-by-staff-9b1d"


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def _id_of(valis: Valis, table: str, column: str, value: str) -> int:
    with database(valis.data) as connection:
        found = connection.execute(f"SELECT id FROM {table} WHERE {column} = ?", [value])
        return int(found.fetchone()[0])


def _notice(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def test_what_staff_write_about_jane_is_in_the_prompt_of_the_next_reply(
    visit: Visit, valis: Valis, playing: PlayingServer
) -> None:
    chat = visit()
    chat.choose("jane")
    chat.ask("How do you sound?")
    assert "like a lighthouse keeper" not in playing.calls[-1].system

    page = visit("/admin/personas/persona/", person="staff").page
    page.get_by_role("link", name="Jane").first.click()
    page.locator("[name=tone]").fill("Slow and salty, like a lighthouse keeper.")
    page.locator("[name=greeting]").fill("Ahoy. The lamp is lit.")
    _save(page)
    page.get_by_role("button", name="Save it").click()
    _notice(page, "was changed successfully")

    chat.ask("And now?")
    assert "Slow and salty, like a lighthouse keeper." in playing.calls[-1].system
    expect(visit().page.locator("[data-greeting=jane]")).to_contain_text("Ahoy. The lamp is lit.")


def test_staff_write_a_golden_dialogue_and_read_what_is_found_in_it(visit: Visit, valis: Valis) -> None:
    otto = _id_of(valis, "personas_persona", "slug", "otto")
    page = visit(f"/admin/personas/persona/{otto}/change/", person="staff").page
    page.locator("a[href*=open_golden_dialogues], a[href*=open-golden-dialogues]").first.click()
    page.locator("a[href*='/goldendialoguerow/add/']").first.click()
    expect(page.locator("[name=persona]")).to_have_value(str(otto))
    page.locator("[name=name]").fill("Too many plums")
    page.locator("[name=told]").fill("Person: Guess.\nReply: Plums.")
    page.locator("[name=question]").fill("Twenty kilos of them. Help.")
    page.locator("[name=reply]").fill("Slow is fine. Slow is usually better. Stone them, low heat, a night.")
    page.locator("[name=markers]").fill("low heat\nsoup")
    page.get_by_role("button", name="Save and continue editing").click()
    _notice(page, "was added successfully")

    expect(page.get_by_text("1 of 2 markers: “low heat”.")).to_be_visible()
    expect(page.locator("[name=told]")).to_have_value("Person: Guess.\nReply: Plums.")


def test_a_persona_that_is_made_inactive_is_gone_from_the_next_page(visit: Visit, valis: Valis) -> None:
    person = _id_of(valis, "personas_persona", "slug", "vera")
    page = visit(f"/admin/personas/persona/{person}/change/", person="staff").page
    page.locator("[name=is_active]").press("Space")
    expect(page.locator("[name=is_active]")).not_to_be_checked()
    _save(page)
    page.get_by_role("button", name="Save it").click()
    _notice(page, "was changed successfully")
    chat = visit()
    expect(chat.sidebar.locator("[data-persona=jane]")).to_be_visible()
    expect(chat.sidebar.locator("[data-persona=vera]")).to_have_count(0)


def test_a_key_goes_in_and_never_comes_out(visit: Visit, valis: Valis) -> None:
    provider = _id_of(valis, "providers_provider", "name", "anthropic")
    page = visit(f"/admin/providers/provider/{provider}/change/", person="staff").page
    page.locator("[name=new_api_key]").fill(STORED_KEY)
    _save(page)
    _notice(page, "was changed successfully")
    page.goto(f"/admin/providers/provider/{provider}/change/")
    expect(page.locator("[name=new_api_key]")).to_have_value("")
    expect(page.get_by_text("A key ending in …9b1d is stored, encrypted.")).to_be_visible()
    for path in ("", f"{provider}/change/", f"{provider}/history/"):
        page.goto(f"/admin/providers/provider/{path}")
        assert STORED_KEY not in page.content()
        assert CANARY not in page.content()
    files = [path for path in valis.data.rglob("*") if path.is_file()]
    assert not [path.name for path in files if STORED_KEY.encode() in path.read_bytes()]
    page.goto(f"/admin/providers/provider/{provider}/change/")
    page.locator("[name=remove_api_key]").check(force=True)
    _save(page)
    _notice(page, "was changed successfully")


def test_staff_add_a_provider_test_it_by_its_button_and_the_next_reply_is_its_own(
    visit: Visit, valis: Valis, playing: PlayingServer
) -> None:
    page = visit("/admin/providers/provider/add/", person="staff").page
    page.locator("[name=name]").fill("mine")
    page.locator("[name=kind]").select_option("openai")
    page.locator("[name=priority]").fill("1")
    page.locator("[name=model]").fill("say:I am the new one.")
    page.locator("[name=base_url]").fill(playing.openai_url)
    page.get_by_role("button", name="Save and continue editing").click()
    _notice(page, "was added successfully")
    page.get_by_role("button", name="Test mine now").click()
    _notice(page, "mine answered “I am the new one.”")

    chat = visit()
    reply = chat.ask("Who answers?")
    expect(chat.prose_of(reply)).to_have_text("I am the new one.")
    expect(chat.provider_of(reply)).to_contain_text("mine · say:I am the new one.")
    page.locator("[name=is_enabled]").uncheck(force=True)
    _save(page)
    _notice(page, "was changed successfully")
    expect(chat.provider_of(chat.ask("And now?"))).to_contain_text(f"openai · {MODEL}")


def test_a_provider_that_does_not_answer_its_test_says_why(
    visit: Visit, valis: Valis, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "status:401")
    provider = _id_of(valis, "providers_provider", "name", "openai")
    page = visit(f"/admin/providers/provider/{provider}/change/", person="staff").page
    page.get_by_role("button", name="Test openai now").click()
    _notice(page, "openai did not answer")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "personas/persona/add/",
        "providers/provider/",
        "providers/enginesettings/",
        "usage/call/",
        "accounts/user/",
        "accounts/user/add/",
        "auth/group/add/",
    ],
)
def test_every_page_of_admin_opens_without_complaint(visit: Visit, path: str) -> None:
    page = visit(f"/admin/{path}", person="staff").page
    expect(page.locator("h1, h2").first).to_be_visible()


def test_people_who_are_not_staff_are_told_so(visit: Visit, watch: Watch) -> None:
    watch.expect("403")
    page = visit("/admin/").page
    expect(page.get_by_role("heading", name="You are not allowed to see this")).to_be_visible()


@pytest.mark.parametrize("person", ["demo", "staff"])
def test_the_api_pages_open_without_complaint(visit: Visit, person: str) -> None:
    page = visit("/api/docs", person=person).page
    expect(page.get_by_text("/api/chat", exact=True)).to_be_visible()
