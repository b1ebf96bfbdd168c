"""The page of the configuration in a real browser: what differs is seen, and what was done is taken back."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.person import Person
from tests.harness.valis import Valis


def test_a_change_is_used_by_the_next_reply_shown_and_taken_back(visit: Visit, valis: Valis, people) -> None:
    staff: Person = people("staff")
    staff.post("/api/config", {"engine": {"max_output": 1025}})
    staff.post("/api/chat", {"message": "Hello"})
    staff.post("/api/config", {"engine": {"max_output": 321}})
    page = visit("/diagnostics/config/", person="staff").page
    setting = page.get_by_role("row").filter(has_text="max_output")
    expect(setting).to_contain_text("staff, api")
    expect(setting).to_contain_text("still goes by 1,025", timeout=60_000)

    staff.post("/api/chat", {"message": "Hello again"})
    expect(setting).not_to_contain_text("still goes by", timeout=60_000)

    first = page.locator(".config-snapshot").nth(1)
    first.get_by_role("link", name="Go back to #").click()
    expect(page.locator(".config-changes")).to_contain_text("engine.max_output 321 → 1,025")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.get_by_role("status")).to_contain_text("Changed 1 value.")
    expect(setting.locator("strong")).to_have_text("1,025")


def test_a_file_is_compared_and_loaded_and_a_broken_one_is_explained(visit: Visit, valis: Valis) -> None:
    file = valis.data / ".valis_config.json"
    page = visit("/diagnostics/config/", person="staff").page
    page.get_by_role("button", name="Export to the file").click()
    expect(page.get_by_role("status")).to_contain_text("without any key")
    data = json.loads(file.read_text())
    data["engine"]["history_messages"] = 7
    file.write_text(json.dumps(data))
    page.reload()
    setting = page.get_by_role("row").filter(has_text="history_messages")
    expect(setting).to_contain_text("Differs in the file: 7")

    page.get_by_role("link", name="Load the file…").click()
    page.get_by_role("button", name="Load it").click()
    expect(setting).to_contain_text("staff, file")

    file.write_text('{"engine": {"history_messages": 8,}}')
    page.reload()
    expect(page.get_by_text("Line 1, column 35")).to_be_visible()
