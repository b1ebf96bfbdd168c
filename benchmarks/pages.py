"""What pages weigh and how soon they are there, in a Chromium that has nothing of them yet.

    python -m benchmarks.pages [--times 7]

Each figure is the median of several visits.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.browser.loading import Loading, loading_of
from tests.harness.browsers import CHROMIUMS, path_of
from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.playing import PlayingServer

EXCHANGES = 25
REPLY = "say:Some **bold** words.\n\n```python\nprint('and code')\n```\n\n- a list\n- of two"


def _pages(url: str) -> dict[str, tuple[str, Person | None]]:
    """Path, and who opens it."""
    demo, staff = Person(url).log_in("demo"), Person(url).log_in("staff")
    session = demo.post("/api/chat", {"message": "Question 1."})["session_id"]
    for number in range(2, EXCHANGES + 1):
        demo.post("/api/chat", {"message": f"Question {number}.", "session_id": session})
    return {
        "login": ("/accounts/login/", None),
        "new chat": ("/chat/", demo),
        f"chat of {2 * EXCHANGES} messages": (f"/chat/{session}/", demo),
        "gallery": ("/personas/", demo),
        "search": ("/chat/search/?q=question", demo),
        "live": ("/diagnostics/", staff),
        "configuration": ("/diagnostics/config/", staff),
    }


def _visit(browser: Browser, url: str, *, person: Person | None) -> Loading:
    context = browser.new_context()
    if person:
        context.add_cookies([{"name": "sessionid", "value": person.login_cookie, "url": url}])
    page = context.new_page()
    page.goto(url)
    seen = loading_of(page)
    context.close()
    return seen


def _row(name: str, visits: list[Loading]) -> str:
    def of(field: str) -> float:
        return median(getattr(each, field) for each in visits)

    sizes = " | ".join(f"{of(field) / 1000:.0f}" for field in ("html", "code", "code_unpacked"))
    times = " | ".join(f"{of(field):.0f}" for field in ("first_paint", "largest_paint", "interactive"))
    return f"| {name} | {sizes} | {of('requests'):.0f} | {times} | {of('shift'):.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=7)
    times = parser.parse_args().times
    print("| page | HTML kB | scripts, styles kB | unpacked kB | requests", end=" ")
    print("| first paint ms | largest ms | interactive ms | shift |")
    print("| --- " + "| ---: " * 8 + "|")
    with (
        tempfile.TemporaryDirectory() as folder,
        PlayingServer(models={MODEL: REPLY}) as playing,
        running_valis(Path(folder), playing) as valis,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=path_of(CHROMIUMS), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (address, person) in _pages(valis.url).items():
            visits = [_visit(browser, valis.url + address, person=person) for _ in range(times)]
            print(_row(name, visits), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
