"""The page of API keys in a real browser."""

import urllib.error
import urllib.request

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.harness.valis import Valis


def answers_to(valis: Valis, key: str) -> bool:
    request = urllib.request.Request(f"{valis.url}/api/sessions", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        assert error.code == 401
        return False


def test_a_key_is_made_rotated_and_revoked_without_leaving_the_page(visit: Visit, valis: Valis) -> None:
    page = visit().page
    page.on("dialog", lambda question: question.accept())
    page.locator(".menu-button").click()
    page.get_by_role("link", name="API keys").click()
    page.get_by_label("What is it for?").fill("nightly")
    page.get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("status").locator("code")
    expect(page.get_by_role("status")).to_be_focused()
    first = shown.inner_text()
    assert answers_to(valis, first)

    page.get_by_role("button", name="Rotate nightly").click()
    expect(page.get_by_role("button", name="Rotate nightly")).to_have_count(2)
    second = shown.inner_text()
    assert second != first
    assert answers_to(valis, second)

    page.get_by_role("button", name="Revoke nightly").first.click()
    expect(page.locator(".key-ended")).to_have_count(1)
    assert not answers_to(valis, second)
    assert answers_to(valis, first)
    assert first not in page.content()
