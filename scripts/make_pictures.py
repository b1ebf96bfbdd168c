"""Takes the pictures of README and docs: a real VALIS, a real browser, and a server that plays the model.

python -m scripts.make_pictures
"""

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness.valis import PASSWORD, Valis
from tests.playing import PlayingServer

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
MODEL = "llama3.2"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1280, 860

READING = """A whole evening, how fine. Do you want to be carried off, or to think?

- **Carried off:** *The Summer Book* by Tove Jansson. An island, and a grandmother who says what she means.
- **Think:** *A Month in the Country* by J. L. Carr. A hundred pages about getting well again.

Let's put the kettle on and decide after the first page of each."""
CHOOSING = """A coin with titles on it:

```python
import random

BOOKS = ["The Summer Book", "A Month in the Country"]
print(f"Tonight: {random.choice(BOOKS)}")
```

Run it once. If you feel like running it again, you know already which one you want."""
EARLIER = (
    ("noor", "A first line for a letter to my sister"),
    ("sam", "Why does this test fail on Fridays only?"),
    ("otto", "Tomatoes on a north balcony?"),
)


def take_pictures() -> None:
    """The whole session with VALIS, from an empty folder on."""
    with _valis() as (valis, playing), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = _logged_in(browser, valis, "demo")
        _write_earlier_chats(page, valis, playing)
        _chat(page, valis, playing)
        _save(page.screenshot(), "chat")
        page.locator(".turn [data-action=story]").last.click()
        page.locator("#story .story-steps").wait_for()
        _save(page.locator("#story").screenshot(), "story")
        staff = _logged_in(browser, valis, "staff")
        staff.goto(f"{valis.url}/diagnostics/")
        staff.locator("#connection[data-state=connected]").wait_for()
        staff.locator("#tile-processes li strong").wait_for()
        _save(staff.screenshot(), "live")
        _drill(staff, valis)
        staff.goto(f"{valis.url}/admin/personas/persona/")
        staff.get_by_role("link", name="Jane").first.click()
        staff.locator("#id_tone").wait_for()
        _save(staff.screenshot(), "persona")
        browser.close()


@contextmanager
def _valis() -> Iterator[tuple[Valis, PlayingServer]]:
    """VALIS whose OpenAI fails and whose local server is the playing one."""
    with tempfile.TemporaryDirectory(prefix="valis-pictures-") as folder, PlayingServer() as playing:
        playing.cast("gpt-5.4-mini", "status:503")
        failing = {"OPENAI_API_KEY": "sk-for-pictures", "OPENAI_BASE_URL": playing.openai_url}
        valis = Valis(Path(folder), **failing).start()
        try:
            _point_local_to(playing.openai_url, folder)
            yield valis, playing
        finally:
            valis.stop()


def _point_local_to(url: str, folder: str) -> None:
    change = f"Provider.objects.filter(name='local').update(base_url={url!r})"
    code = f"from providers.models import Provider; {change}"
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env={"VALIS_DATA_DIR": folder},
        check=True,
    )


def _chromium() -> str:
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit(f"No Chromium found; looked for {', '.join(CHROMIUMS)}.")
    return found


def _logged_in(browser: Browser, valis: Valis, username: str) -> Page:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{valis.url}/accounts/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/chat/**")
    return page


def _write_earlier_chats(page: Page, valis: Valis, playing: PlayingServer) -> None:
    playing.cast(MODEL, "say:Let us see.")
    for persona, text in EARLIER:
        page.goto(f"{valis.url}/chat/?persona={persona}")
        _say(page, text)


def _chat(page: Page, valis: Valis, playing: PlayingServer) -> None:
    page.goto(f"{valis.url}/chat/?persona=jane")
    playing.cast(MODEL, f"say:{READING}")
    _say(page, "Hello Jane. I have an evening to myself. What should I read?")
    playing.cast(MODEL, f"say:{CHOOSING}")
    page.select_option("[name=persona]", "sam")
    _say(page, "Sam, could you write me something that picks one of the two?")
    page.mouse.move(WIDTH / 2, 5)


def _drill(page: Page, valis: Valis) -> None:
    """OpenAI fails on purpose until its circuit is open, and the local provider answers."""
    page.goto(f"{valis.url}/diagnostics/drills/")
    page.select_option("#provider", "openai")
    page.select_option("#failure", "cut")
    page.get_by_role("button", name="Start the drill").click()
    for number in range(1, 7):
        page.get_by_role("button", name="Ask once").click()
        page.locator(".drill-table tbody").nth(number - 1).locator("[data-outcome=answered]").wait_for()
    _save(page.screenshot(full_page=True), "drill")
    page.get_by_role("button", name="End now").click()


def _say(page: Page, text: str) -> None:
    """Send a message and wait for the end of its reply."""
    replies = page.locator(".turn[data-status=complete]")
    before = replies.count()
    page.fill("#composer-text", text)
    page.keyboard.press("Enter")
    replies.nth(before).wait_for()


def _save(screenshot: bytes, name: str) -> None:
    """With a palette of 256 colours, which is plenty for pages and a third of the size."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(screenshot)).convert("RGB").quantize(256).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    take_pictures()
