"""Keys go to whom they belong to, and nowhere else."""

import logging
from dataclasses import asdict, replace

import pytest
from pytest_httpserver import HTTPServer

from providers.errors import ProviderError
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from providers.models import Provider
from tests.providers.walking import QUESTION, scripted, walk

CANARY = "sk-VALISCANARY-0123456789abcdef"
VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}


@pytest.fixture
def environment(kind, monkeypatch) -> None:
    """The kind's key is in the environment, and all else that its SDK would take from there."""
    monkeypatch.setenv(VARIABLES[kind], CANARY)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", f"{CANARY}-token")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", f"{CANARY}-admin")
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, f"{CANARY}-{name}")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, f"X-Team: {CANARY}-team\nX-Other: {CANARY}-other")


@pytest.fixture
def headers_sent(kind, httpserver: HTTPServer, monkeypatch):
    """The header fields of a call to a row, sent to a server that refuses it."""
    httpserver.expect_request("/v1/messages").respond_with_json({}, status=400)
    httpserver.expect_request("/v1/chat/completions").respond_with_json({}, status=400)
    address = httpserver.url_for("/") if kind == "anthropic" else httpserver.url_for("/v1")
    monkeypatch.setenv({"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}[kind], address)

    def ask(**fields: object) -> dict[str, str]:
        own = {"name": "first", "model": "any", "base_url": address} | fields
        walk(Provider(kind=kind, **own))
        [(asked, _)] = httpserver.log
        return {name.lower(): value for name, value in asked.headers.items()}

    return ask


def test_without_a_key_a_provider_is_skipped_and_the_reason_names_the_variable(kind) -> None:
    candidate = candidate_of(Provider(name="first", kind=kind), EngineLimits())

    assert candidate.skip_reason == f"no API key: set {VARIABLES[kind]} or enter one in admin"


def test_a_provider_without_a_key_is_skipped_and_the_next_one_asked(row, kind) -> None:
    seen = walk(Provider(name="keyless", kind=kind), scripted())

    assert seen.text == "hello"
    assert seen.story == [("keyless", "skipped", 1), ("second", "answered", 1)]


def test_a_local_server_needs_no_key(playing, row) -> None:
    assert walk(row("say:hello", api_key="")).text == "hello"


def test_the_environment_s_key_is_used_by_a_row_that_says_so(kind, environment, headers_sent) -> None:
    headers = headers_sent(base_url="", uses_environment=True)
    sent = headers.get("x-api-key") or headers["authorization"]

    assert sent.removeprefix("Bearer ") == CANARY


def test_a_row_that_does_not_say_so_is_skipped_whatever_the_environment_holds(kind, environment) -> None:
    candidate = candidate_of(Provider(name="first", kind=kind), EngineLimits())

    assert candidate.skip_reason.startswith("no API key")
    assert candidate.config.api_key == ""


def test_what_else_the_environment_says_goes_to_its_own_address_only(kind, environment, headers_sent) -> None:
    assert headers_sent(base_url="", uses_environment=True)["x-team"] == f"{CANARY}-team"


@pytest.mark.parametrize("fields", [{}, {"uses_environment": True}, {"api_key": "own"}])
def test_nothing_secret_of_the_environment_goes_to_a_row_s_own_address(
    environment, headers_sent, fields
) -> None:
    assert CANARY not in str(headers_sent(**fields))


def test_a_row_s_own_key_goes_before_the_environment_s(kind, environment, headers_sent) -> None:
    headers = headers_sent(base_url="", uses_environment=True, api_key="own")

    assert CANARY not in str(headers)
    assert "own" in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer "))


def test_white_space_around_the_environment_s_key_is_no_part_of_it(kind, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLES[kind], f" {CANARY}\n")
    row = Provider(name="first", kind=kind, uses_environment=True)

    assert candidate_of(row, EngineLimits()).config.api_key == CANARY


@pytest.mark.parametrize("key", ["schlüssel", "two words", "new\nline", "nul\x00"])
def test_a_key_that_cannot_be_sent_skips_its_provider_and_is_not_shown(row, kind, key) -> None:
    seen = walk(row("say:never", kind=kind, api_key=key), scripted())
    skipped = seen.steps[0]

    assert seen.text == "hello"
    assert (skipped.outcome, skipped.message) == ("skipped", "the API key holds characters no key has")


def test_compressed_streams_are_not_asked_for(headers_sent) -> None:
    assert headers_sent()["accept-encoding"] == "identity"


def test_a_redirect_is_not_followed_with_the_key(row, kind, playing, httpserver: HTTPServer) -> None:
    path = "/v1/messages" if kind == "anthropic" else "/v1/chat/completions"
    httpserver.expect_request(path).respond_with_data(
        status=307, headers={"Location": f"{playing.url}{path}"}
    )
    address = httpserver.url_for("/") if kind == "anthropic" else httpserver.url_for("/v1")
    seen = walk(row("say:stolen", kind=kind, base_url=address, api_key=CANARY))

    assert len(playing.calls) == 0
    assert seen.failure.code == "request_refused"


@pytest.mark.parametrize("script", ["status:401", "status:400", "status:500", "garbage", "cut", "html:403"])
def test_a_key_is_in_no_error_no_step_no_log_and_no_repr(row, kind, script, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    seen = walk(row(script, kind=kind, api_key=CANARY))
    told = [repr(seen.told), repr(seen.meter.records), repr([asdict(step) for step in seen.steps])]

    assert "VALISCANARY" not in " ".join([*told, caplog.text])


@pytest.mark.parametrize("padding", [0, 120, 140, 155])
def test_a_key_that_the_provider_repeats_is_left_out(kind, httpserver: HTTPServer, padding) -> None:
    said = {"error": {"message": f"{'x' * padding} no such key: {CANARY}", "type": "invalid_request_error"}}
    for path in ("/v1/messages", "/v1/chat/completions"):
        httpserver.expect_request(path).respond_with_json(said, status=400)
    address = httpserver.url_for("/") if kind == "anthropic" else httpserver.url_for("/v1")
    seen = walk(Provider(name="first", kind=kind, model="any", base_url=address, api_key=CANARY))

    assert "400" in seen.failure.message
    assert not any(CANARY[:length] in seen.failure.message for length in range(6, len(CANARY)))


def test_a_candidate_shown_by_accident_shows_no_key(row) -> None:
    candidate = candidate_of(row("any", api_key=CANARY), EngineLimits())

    assert candidate.config.api_key == CANARY
    assert CANARY not in f"{candidate!r} {candidate} {replace(QUESTION)!r} {ProviderError('any')!r}"
