"""Takes the pictures of README and docs: the demo, in a real browser.

python -m scripts.make_pictures
"""

import io
import re
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.harness.browsers import CHROMIUMS, path_of
from tests.harness.valis import PASSWORD, Demo

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 860
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
SECONDS = 60
"""For what is on its way: machines that take pictures are busy."""


def take_pictures() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="valis-pictures-") as folder,
        Demo(Path(folder) / "data") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path_of(CHROMIUMS), args=["--no-sandbox"])
        _take_chats(_logged_in(browser, demo, "demo"))
        _take_dark(_logged_in(browser, demo, "demo", color_scheme="dark"))
        _take_phone(_logged_in(browser, demo, "demo", **PHONE))
        _take_pages_of_staff(_logged_in(browser, demo, "staff"), demo)
        browser.close()


def _take_chats(page: Page) -> None:
    _open_chat(page, "Hello Jane")
    page.mouse.move(WIDTH / 2, 5)
    _save(page, "chat")
    page.locator(".turn [data-action=story]").nth(1).click()
    page.locator("#story .story-steps").wait_for()
    _save(page.locator("#story"), "story")
    page.keyboard.press("Escape")
    _open_chat(page, "cannot sleep")
    _save(page, "fallback")


def _take_dark(page: Page) -> None:
    _open_chat(page, "nightly job")
    _save(page, "chat-dark")


def _take_phone(page: Page) -> None:
    page.goto(page.url.partition("/chat/")[0] + "/chat/?persona=alex")
    page.locator("[data-persona=alex]").first.wait_for(state="attached")
    page.fill("#composer-text", "Help me plan my week, please.")
    page.locator("#composer button[type=submit]").click()
    page.locator(".turn[data-status=complete]").wait_for()
    _save(page, "phone")


def _take_pages_of_staff(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/diagnostics/")
    page.locator("#connection[data-state=connected]").wait_for()
    page.locator("#tile-processes li strong").wait_for()
    _save(page, "live")
    _drill(page, demo)
    _fidelity(page, demo)
    page.goto(f"{demo.url}/admin/personas/persona/")
    page.get_by_role("link", name="Jane").first.click()
    page.locator("#id_tone").wait_for()
    _save(page, "persona")


def _drill(page: Page, demo: Demo) -> None:
    """The first provider fails on purpose until its circuit is open, and the next one answers."""
    page.goto(f"{demo.url}/diagnostics/drills/")
    page.select_option("#provider", "scripted")
    page.select_option("#failure", "cut")
    page.get_by_role("button", name="Start the drill").click()
    for number in range(1, 7):
        page.get_by_role("button", name="Ask once").click()
        page.locator(".drill-table tbody").nth(number - 1).locator("[data-outcome=answered]").wait_for()
    _save(page, "drill", full_page=True)
    page.get_by_role("button", name="End now").click()


def _fidelity(page: Page, demo: Demo) -> None:
    """Scripted replies have Jane's phrases, and hardly anything else of her voice."""
    page.goto(f"{demo.url}/diagnostics/fidelity/?persona=jane")
    page.get_by_role("button", name="Start the run").click()
    page.locator("#report .fidelity-state[data-state=ended]").wait_for()
    _save(page, "fidelity")


def _open_chat(page: Page, title: str) -> None:
    page.locator("#sidebar a", has_text=title).first.click()
    page.locator(".turn[data-status=complete]").last.wait_for()
    page.locator("#connection[data-state=connected]").wait_for()
    page.get_by_text(re.compile(r"about \d+ %")).first.wait_for()


def _logged_in(browser: Browser, demo: Demo, username: str, **look: Any) -> Page:
    usual = {
        "viewport": {"width": WIDTH, "height": HEIGHT},
        "device_scale_factor": 2,
        "color_scheme": "light",
    }
    context = browser.new_context(**usual | look)
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    page.goto(f"{demo.url}/accounts/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/chat/**")
    return page


def _save(what: Page | Locator, name: str, **options: Any) -> None:
    """With a palette of 256 colours, which is plenty for pages and a third of the size."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(what.screenshot(**options)))
    picture.convert("RGB").quantize(256).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    take_pictures()
