"""What goes wrong in passing is said in passing."""

from playwright.sync_api import Route, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.watching import Watch


def test_what_a_click_asked_for_and_did_not_get_is_said_until_it_works(visit: Visit, watch: Watch) -> None:
    watch.expect("Failed to load resource|htmx:|Response Status Error")
    chat = visit()
    chat.ask("Something to manage")
    page = chat.page
    toast = page.locator("#failures .toast")
    options = chat.sidebar.get_by_role("link", name="Options for Something to manage").first
    answers = iter([{"status": 500}, {"status": 429, "headers": {"Retry-After": "7"}}, {"status": 404}, None])

    def answer(route: Route) -> None:
        given = next(answers)
        route.fulfill(**given) if given else route.abort()  # type: ignore[arg-type]

    page.route("**/manage/", answer)
    for words in ("did not work", "Try again in 7 s", "not there any more", "cannot be reached"):
        options.click()
        expect(toast).to_contain_text(words)
        expect(toast).to_have_count(1)
    assert_accessible(page)

    page.unroute("**/manage/")
    options.click()
    expect(page.locator("#session-menu")).to_be_visible()
    expect(toast).to_have_count(0)


def test_what_the_page_asks_for_by_itself_fails_without_a_word(visit: Visit, watch: Watch) -> None:
    watch.expect("Failed to load resource|htmx:|Response Status Error")
    page = visit().page
    page.route("**/chat/sessions/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.evaluate("() => dispatchEvent(new Event('focus'))")

    expect(page.locator("#failures .toast")).to_have_count(0)
