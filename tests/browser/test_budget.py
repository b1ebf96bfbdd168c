"""What pages may weigh and how long they may take, with nothing of them kept from an earlier visit."""

from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.loading import Loading, loading_of, quickest
from tests.browser.test_accessibility import MARKDOWN
from tests.harness.running import MODEL
from tests.playing import PlayingServer

CODE = 120_000
MOST_REQUESTS = {"login": 8, "chat": 55, "gallery": 20, "live": 24}
FIRST_PAINT, INTERACTIVE, SHIFT = 1_500, 3_500, 0.1
CODE_OF_THE_PAGE = """() => performance.getEntriesByType("resource")
  .filter((each) => /\\.(js|css)$/.test(each.name)).map((each) => [each.name, each.transferSize])"""

pages = pytest.mark.parametrize("name", MOST_REQUESTS)


@pytest.fixture(scope="module")
def pages_of(people: Any, playing: PlayingServer) -> dict[str, dict[str, Any]]:
    """The chat has 25 questions with rich answers."""
    playing.cast(MODEL, MARKDOWN)
    demo = people("demo")
    session = demo.post("/api/chat", {"message": "Question 1."})["session_id"]
    for number in range(2, 26):
        demo.post("/api/chat", {"message": f"Question {number}.", "session_id": session})
    return {
        "login": {"path": "/accounts/login/", "person": None},
        "chat": {"path": f"/chat/{session}/"},
        "gallery": {"path": "/personas/"},
        "live": {"path": "/diagnostics/", "person": "staff"},
    }


@pages
def test_a_page_is_light_stays_where_it_is_and_is_soon_there(
    visit: Visit, pages_of: dict[str, dict[str, Any]], name: str
) -> None:
    def load() -> Loading:
        return loading_of(visit(**pages_of[name]).page)

    seen = quickest(load, within=INTERACTIVE)  # other tests may keep the machine busy

    assert seen.code < CODE
    assert seen.requests <= MOST_REQUESTS[name]
    assert seen.shift < SHIFT
    assert (seen.first_paint < FIRST_PAINT, seen.interactive < INTERACTIVE) == (True, True), seen


def test_on_the_second_visit_scripts_and_styles_are_not_asked_for_again(
    visit: Visit, pages_of: dict[str, dict[str, Any]]
) -> None:
    page = visit(**pages_of["chat"]).page
    page.wait_for_load_state("load")
    page.goto("/personas/")
    page.goto(pages_of["chat"]["path"], wait_until="load")
    code = page.evaluate(CODE_OF_THE_PAGE)

    assert len(code) > 20
    assert [name for name, sent in code if sent] == []
