"""Scripts of other pages: only of listed origins, only on the APIs, only with a key."""

import pytest
from django.test import Client

from accounts.keys import make_key
from accounts.models import User

pytestmark = pytest.mark.django_db
LISTED = "http://localhost:3000"


def asks_first(path: str, origin: str) -> dict[str, str]:
    """The headers of the answer to a browser that asks whether a script may send this."""
    return (
        Client()
        .options(
            path,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
        .headers
    )


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
def test_a_listed_origin_may_send_a_key(path: str) -> None:
    allowed = asks_first(path, LISTED)

    assert allowed["Access-Control-Allow-Origin"] == LISTED
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    assert "POST" in allowed["Access-Control-Allow-Methods"]


def test_it_may_not_send_the_login() -> None:
    assert "Access-Control-Allow-Credentials" not in asks_first("/api/chat", LISTED)


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3001", "https://localhost:3000", "http://localhost:3000.evil.example", "null"],
)
def test_other_origins_are_told_nothing(origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in asks_first("/api/chat", origin)


@pytest.mark.parametrize("path", ["/chat/", "/accounts/login/", "/admin/", "/health"])
def test_pages_are_for_no_script_of_others(path: str) -> None:
    assert "Access-Control-Allow-Origin" not in asks_first(path, LISTED)


def test_the_script_may_read_the_answer_and_its_limits(alice: User) -> None:
    key = make_key(alice, name="page", scopes=["read"]).text

    answer = Client().get("/api/sessions", headers={"Origin": LISTED, "Authorization": f"Bearer {key}"})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == LISTED
    assert "X-RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]


def test_an_error_can_be_read_too() -> None:
    answer = Client().get("/api/sessions", headers={"Origin": LISTED})

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, LISTED)
