"""Cookies, redirects and headers, with and without `VALIS_HTTPS`."""

import importlib
import sys
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.services import create_session
from core.threads import in_database_thread
from personas.models import Persona
from tests.chat.sockets import Socket, login_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
NAMES = (
    *("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"),
    *("SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT", "VALIS_HTTPS", "VALIS_TRUSTED_PROXIES"),
)


@pytest.fixture
def over_https(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As the settings are read with these variables set, behind a web server on this machine."""
    monkeypatch.setenv("VALIS_HTTPS", "true")
    monkeypatch.setenv("VALIS_TRUSTED_PROXIES", "127.0.0.1")
    kept = sys.modules.pop("valis_site.settings")
    read = importlib.import_module("valis_site.settings")
    for name in NAMES:
        setattr(settings, name, getattr(read, name))
    sys.modules["valis_site.settings"] = kept
    return


@pytest.mark.usefixtures("over_https")
class TestOverHttps:
    def test_http_is_sent_to_https(self) -> None:
        answer = Client().get("/chat/")

        assert answer.status_code == 301
        assert answer["Location"] == "https://testserver/chat/"

    def test_what_a_listed_web_server_forwards_from_https_is_answered_and_kept_to_https(self) -> None:
        answer = Client().get(LOGIN, headers={"x-forwarded-proto": "https"})

        assert answer.status_code == 200
        assert answer["Strict-Transport-Security"] == "max-age=31536000"

    def test_a_stranger_cannot_pretend_to_come_by_https(self) -> None:
        answer = Client(REMOTE_ADDR="203.0.113.9").get(LOGIN, headers={"x-forwarded-proto": "https"})

        assert answer.status_code == 301

    def test_cookies_are_kept_to_https(self, alice: User) -> None:
        browser = Client(headers={"x-forwarded-proto": "https"})
        browser.get(LOGIN)
        browser.post(LOGIN, {"username": "alice", "password": PASSWORD})

        for name in ("sessionid", "csrftoken"):
            assert browser.cookies[name]["secure"], name
        assert browser.cookies["sessionid"]["httponly"]

    @pytest.mark.parametrize("path", ["/api/live", "/ready", "/health"])
    def test_whoever_looks_whether_it_runs_needs_no_certificate(self, path: str) -> None:
        assert Client().get(path).status_code != 301

    @pytest.mark.django_db(transaction=True)
    async def test_sockets_come_from_its_https_pages_only(self, alice: User, jane: Persona) -> None:
        session = (await in_database_thread(create_session, alice)).pk
        cookie = await in_database_thread(login_of, alice)

        assert await Socket(session, cookie=cookie, origin="https://testserver").connect()
        assert not await Socket(session, cookie=cookie, origin="http://testserver").connect()


def test_without_it_http_is_answered() -> None:
    answer = Client().get(LOGIN)

    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize("path", [LOGIN, "/api/live", "/admin/"])
def test_pages_may_use_no_camera_and_share_no_window(path: str) -> None:
    answer = Client().get(path)

    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
