"""One form for every error of the API, and nothing is stored by a request that was refused."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User
from chat.models import Attempt, Message, Session, Turn
from tests.chat.conftest import Say

pytestmark = pytest.mark.django_db

FIELDS = {"code", "message", "details", "request_id", "timestamp"}


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def assert_error(answer, status: int, code: str) -> dict:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert set(body) == FIELDS
    assert body["message"]
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nowhere",
        "/api/sessions/not-a-uuid",
        "/api/sessions/00000000-0000-0000-0000-000000000000/nowhere",
        "/api/turns/-1",
        "/api/turns/one",
        "/api/v1/chat",
        "/api/chat/",
        "/api/%2e%2e/admin/",
        "/api/\u202e",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_endpoint_that_is_not_there(browser: Client, path: str, method: str) -> None:
    assert_error(browser.generic(method, path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/chat", "POST"),
        ("PUT", "/api/chat", "POST"),
        ("DELETE", "/api/sessions", "GET, POST"),
        ("POST", "/api/personas", "GET"),
        ("POST", "/api/health", "GET"),
        ("GET", "/api/turns/1/stop", "POST"),
        ("GET", "/api/turns/1/run-again", "POST"),
    ],
)
def test_a_method_that_an_endpoint_has_not(browser: Client, method: str, path: str, allowed: str) -> None:
    answer = browser.generic(method, path)

    assert_error(answer, 405, "method_not_allowed")
    assert sorted(answer.headers["Allow"].split(", ")) == sorted(allowed.split(", "))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"hello", b'{"message": }', b"\xff\xfe", b'{"message": "half \xf0\x9f"}', b"[" * 100_000],
    ids=["nothing", "half of JSON", "no JSON", "a hole", "no UTF-8", "broken UTF-8", "deeply nested"],
)
def test_a_body_that_is_no_json(browser: Client, body: bytes) -> None:
    assert_error(browser.post("/api/chat", body, content_type="application/json"), 400, "invalid_input")
    assert not Message.objects.exists()


def test_a_form_with_files_is_no_json_either(alice: User, as_user) -> None:
    browser = as_user(alice, enforce_csrf_checks=True)
    browser.get("/chat/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}

    assert_error(browser.post("/api/chat", {"message": "Hello"}, headers=token), 400, "invalid_input")
    assert not Message.objects.exists()


def test_who_is_not_logged_in_hears_that_before_anything_of_tokens(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/chat", "{}", content_type="application/json")

    assert_error(answer, 401, "not_signed_in")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "message"),
        ("[]", "data"),
        ("null", "data"),
        ('"Hello"', "data"),
        ('{"message": 5}', "message"),
        ('{"message": null}', "message"),
        ('{"message": ["a"]}', "message"),
        ('{"message": "a", "persona_id": 5}', "persona_id"),
        ('{"message": "a", "session_id": "5"}', "session_id"),
        ('{"message": "a", "session_id": 5}', "session_id"),
        ('{"message": "a", "client_id": {}}', "client_id"),
        ('{"message": "a", "wait": "perhaps"}', "wait"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(browser: Client, body: str, field: str) -> None:
    answer = browser.post("/api/chat", body, content_type="application/json")

    problems = assert_error(answer, 400, "invalid_input")["details"]["problems"]
    assert any(field in problem["field"].split(".") for problem in problems)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        *("sessions?active=perhaps", "sessions?page_size=x", "sessions?cursor=nonsense"),
        *("sessions/{}/messages?limit=0", "sessions/{}/messages?limit=201", "sessions/{}/messages?limit=x"),
        *("sessions/{}/messages?before=-1", "sessions/{}/messages?before=x"),
    ],
)
def test_a_query_that_cannot_be_read(browser: Client, say: Say, query: str) -> None:
    session = say().message.session_id

    answer = assert_error(browser.get(f"/api/{query.format(session)}"), 400, "invalid_input")
    [problem] = answer["details"]["problems"]
    assert query.partition("?")[2].partition("=")[0] in problem["field"]


@pytest.mark.parametrize("before", [2**31, 2**63, 10**30])
def test_a_place_beyond_all_numbers_is_the_end(browser: Client, say: Say, before: int) -> None:
    session = say().message.session_id

    assert len(browser.get(f"/api/sessions/{session}/messages?before={before}").json()["items"]) == 1


def test_a_request_beyond_all_sizes(browser: Client) -> None:
    body = b'{"message": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'

    answer = browser.post("/api/chat", body, content_type="application/json")

    assert_error(answer, 413, "too_large")
    assert not Message.objects.exists()


UNSAFE = ["chat", "sessions", "turns/{turn}/stop", "turns/{turn}/run-again"]


def everything() -> list[object]:
    """All that chats consist of, as it is stored."""
    return [list(model.objects.order_by("pk").values()) for model in (Session, Message, Turn, Attempt)]


@pytest.mark.parametrize(
    "token", [None, "", "x" * 64], ids=["without a token", "an empty one", "a wrong one"]
)
@pytest.mark.parametrize("path", UNSAFE)
def test_a_change_without_the_token_of_a_page_is_refused_and_changes_nothing(
    alice: User, as_user: Callable[..., Client], say: Say, path: str, token: str | None
) -> None:
    browser = as_user(alice, enforce_csrf_checks=True)
    turn = say().turn
    before = everything()

    headers = {} if token is None else {"X-CSRFToken": token}
    body = {"message": "Hello"}
    answer = browser.post(
        f"/api/{path.format(turn=turn.pk)}", body, content_type="application/json", headers=headers
    )

    assert_error(answer, 403, "csrf_failed")
    assert everything() == before


def test_a_change_with_the_token_of_a_page_is_made(
    alice: User, as_user: Callable[..., Client], say: Say
) -> None:
    browser = as_user(alice, enforce_csrf_checks=True)
    turn = say().turn
    browser.get("/chat/")

    answer = browser.post(
        f"/api/turns/{turn.pk}/stop", headers={"X-CSRFToken": browser.cookies["csrftoken"].value}
    )

    assert answer.status_code == 202


def test_a_change_from_a_page_of_somebody_else_is_refused(
    alice: User, as_user: Callable[..., Client], say: Say
) -> None:
    browser = as_user(alice, enforce_csrf_checks=True)
    turn = say().turn
    browser.get("/chat/")
    headers = {"X-CSRFToken": browser.cookies["csrftoken"].value, "Origin": "http://evil.example"}

    assert_error(browser.post(f"/api/turns/{turn.pk}/stop", headers=headers), 403, "csrf_failed")


@pytest.mark.parametrize(
    "path",
    [
        *("sessions", "sessions/{session}", "sessions/{session}/messages", "turns/{turn}", "personas"),
        *("turns/{turn}/stop", "turns/{turn}/run-again", "chat", "config", "live", "docs", "openapi.json"),
    ],
)
def test_looking_changes_nothing(browser: Client, say: Say, path: str) -> None:
    turn = say().turn
    before = everything()

    browser.get(f"/api/{path.format(session=turn.session_id, turn=turn.pk)}")

    assert everything() == before


def test_a_fault_of_ours_is_answered_in_the_same_form_and_tells_nothing_of_the_inside(
    alice: User, as_user: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    browser = as_user(alice)
    browser.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_session RENAME TO chat_session_gone")
    answer = browser.get("/api/sessions/00000000-0000-0000-0000-000000000000")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_session_gone RENAME TO chat_session")

    body = answer.json()
    assert answer.status_code in {500, 503}
    assert set(body) == FIELDS
    assert "chat_session" not in answer.content.decode()
    assert "chat_session" in caplog.text
