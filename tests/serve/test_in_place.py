"""Middlewares run where the request is, and do what Django's own do."""

import gzip
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.module_loading import import_string

from valis_site.in_place import IN_PLACE, Handler

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done in a thread of its own, by name."""
    names: list[str] = []
    hop = SyncToAsync.__call__

    async def noted(self: SyncToAsync[..., Any], *args: Any, **kwargs: Any) -> Any:
        names.append(getattr(self.func, "__qualname__", str(self.func)))
        return await hop(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", noted)
    return names


async def ask(
    path: str, *, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent = {"host": "testserver", **{name.replace("_", "-"): value for name, value in headers.items()}}
    wire = ApplicationCommunicator(
        Handler(),
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        },
    )
    await wire.send_input({"type": "http.request", "body": body})
    head = await wire.receive_output(10)
    parts = [await wire.receive_output(10)]
    while parts[-1].get("more_body"):
        parts.append(await wire.receive_output(10))
    await wire.wait(10)
    got = {name.decode().lower(): value.decode() for name, value in head["headers"]}
    return head["status"], got, b"".join(part.get("body", b"") for part in parts)


def test_every_middleware_that_is_not_ours_runs_in_place_or_can() -> None:
    names = [IN_PLACE.get(name, name) for name in settings.MIDDLEWARE]

    assert set(IN_PLACE) <= set(settings.MIDDLEWARE)
    assert [name for name in names if not getattr(import_string(name), "async_capable", False)] == []
    assert [name for name in names if name.startswith("django.")] == []


def test_the_settings_go_on_listing_djangos_own() -> None:
    before = list(settings.MIDDLEWARE)

    Handler()

    assert before == settings.MIDDLEWARE


async def test_a_small_request_visits_no_thread_for_a_middleware(hops: list[str]) -> None:
    status, _, _ = await ask("/api/live")

    assert status == 200
    assert [name for name in hops if "process_" in name or "Middleware" in name] == []


async def test_an_answer_has_the_headers_that_protect_it() -> None:
    _, headers, _ = await ask("/accounts/login/")

    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "csrftoken=" in headers["set-cookie"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_without_its_token_is_refused(kind: str) -> None:
    status, _, _ = await ask(
        "/accounts/login/",
        method="POST",
        body=b"--x--\r\n",
        content_type=kind,
        content_length="7",
        cookie=f"csrftoken={'a' * 32}",
        origin="http://testserver",
    )

    assert status == 403


FIELD = 'Content-Disposition: form-data; name="csrfmiddlewaretoken"'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", "csrfmiddlewaretoken={}&username=x"),
        ("multipart/form-data; boundary=x", f"--x\r\n{FIELD}\r\n\r\n{{}}\r\n--x--\r\n"),
    ],
)
async def test_a_form_with_its_token_is_taken(kind: str, body: str) -> None:
    token = "a" * 32
    sent = body.format(token).encode()

    status, _, _ = await ask(
        "/accounts/login/",
        method="POST",
        body=sent,
        content_type=kind,
        content_length=str(len(sent)),
        cookie=f"csrftoken={token}",
        origin="http://testserver",
    )

    assert status == 200  # the page again: nobody has this name


async def test_a_static_file_is_served() -> None:
    status, headers, body = await ask("/static/css/tokens.css")

    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/css")
    assert b"--" in body


async def test_a_static_file_that_the_browser_has_is_not_sent_again() -> None:
    _, headers, _ = await ask("/static/css/tokens.css")

    status, again, body = await ask("/static/css/tokens.css", if_modified_since=headers["last-modified"])

    assert (status, body) == (304, b"")
    assert "content-type" not in again


def _address_of(name: str) -> str:
    return staticfiles_storage.url(name)


async def test_a_static_file_is_compressed_and_kept_under_the_name_of_its_version() -> None:
    _, plain, content = await ask("/static/css/base.css")
    status, headers, body = await ask(_address_of("css/base.css"), accept_encoding="br, gzip")

    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body) == content
    assert (int(headers["content-length"]), "etag" in headers) == (len(body), False)
    assert "immutable" in headers["cache-control"]
    assert "immutable" not in plain["cache-control"]
    assert "content-encoding" not in plain


async def test_scripts_find_each_other_in_their_version() -> None:
    status, headers, _ = await ask(_address_of("js/chat.js").replace("chat.js", "turn.js"))

    assert (status, "immutable" in headers["cache-control"]) == (200, True)


async def test_a_font_is_not_compressed_again() -> None:
    name = "unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"
    _, headers, _ = await ask(_address_of(name), accept_encoding="gzip")

    assert "content-encoding" not in headers


async def test_a_file_of_another_version_is_not_there() -> None:
    status, _, _ = await ask("/static/0123456789ab/css/base.css")

    assert status == 404
