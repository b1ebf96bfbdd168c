"""A logged-in person over plain HTTP: login cookie, JSON requests, and what a socket needs."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.harness.valis import PASSWORD, login_of

SECONDS = 20


class Person:
    def __init__(self, url: str) -> None:
        self.url = url
        self._cookies = http.cookiejar.CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self._cookies)
        self._opener = urllib.request.build_opener(cookies)

    def at(self, url: str) -> "Person":
        """The same person in the same browser, at another server of this VALIS."""
        other = Person(url)
        other._cookies, other._opener = self._cookies, self._opener
        return other

    def log_in(self, username: str, password: str = PASSWORD) -> "Person":
        page = self.page("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)', page)
        assert token, page
        form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
        body = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"{self.url}/accounts/login/", body, {"Origin": self.url})
        with self._opener.open(request, timeout=SECONDS) as answer:
            assert answer.url.rstrip("/").endswith("/chat"), f"{username} could not log in"
        return self

    def come_in(self, username: str) -> "Person":
        """With the login of filled data."""
        self._cookies.set_cookie(_cookie("sessionid", login_of(username)))
        assert 'class="menu-name"' in self.page("/chat/"), f"{username} is not logged in"
        return self

    def log_out(self) -> None:
        headers = {"Origin": self.url, "X-CSRFToken": self._cookie("csrftoken")}
        request = urllib.request.Request(f"{self.url}/accounts/logout/", b"", headers)
        with self._opener.open(request, timeout=SECONDS) as answer:
            assert "/accounts/login/" in answer.url

    def page(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=SECONDS) as answer:
            return str(answer.read().decode())

    def get(self, path: str) -> Any:
        return json.loads(self.page(path))

    def post(self, path: str, data: dict[str, Any]) -> Any:
        headers = {
            "Content-Type": "application/json",
            "Origin": self.url,
            "X-CSRFToken": self._cookie("csrftoken"),
        }
        body = json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, headers, method="POST")
        with self._opener.open(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def new_session(self, persona: str = "jane") -> str:
        return str(self.post("/api/sessions", {"persona_id": persona})["id"])

    @property
    def login_cookie(self) -> str:
        return self._cookie("sessionid")

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def _cookie(self, name: str) -> str:
        return next(cookie.value or "" for cookie in self._cookies if cookie.name == name)


def _cookie(name: str, value: str) -> http.cookiejar.Cookie:
    here = {"domain": "127.0.0.1", "domain_specified": False, "domain_initial_dot": False}
    everywhere = {"port": None, "port_specified": False, "path": "/", "path_specified": True}
    said = {"secure": False, "expires": None, "discard": True, "comment": None, "comment_url": None}
    return http.cookiejar.Cookie(0, name, value, **here, **everywhere, **said, rest={})
