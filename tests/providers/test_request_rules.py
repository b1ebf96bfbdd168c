"""What each vendor's models take and what they would refuse."""

from dataclasses import replace
from typing import Any

import pytest

from providers.base import ProviderConfig
from providers.calls import CallRequest
from providers.lineup import candidate_of
from providers.vendors.openai import OpenAIProvider
from tests.playing import PlayingServer
from tests.providers.walking import FAST, QUESTION, walk

pytestmark = pytest.mark.filterwarnings("ignore:The model '.*' is deprecated:DeprecationWarning")

WARM = replace(QUESTION, temperature=0.7, max_tokens=321)


@pytest.fixture
def sent(playing: PlayingServer, row):
    """What the provider got when it was asked for a model."""

    def ask(model: str, request: CallRequest = WARM, **fields: Any) -> dict[str, Any]:
        playing.cast(model, "say:fine")
        walk(row(model, **fields), request=request)
        return playing.calls[-1].body

    return ask


@pytest.fixture
def sent_officially(playing: PlayingServer, row):
    """The same where the vendor's own API is at the playing server's address."""

    class Official(OpenAIProvider):
        official_address = playing.openai_url

    def ask(model: str, request: CallRequest = WARM) -> dict[str, Any]:
        playing.cast(model, "say:fine")
        candidate = candidate_of(row(model, base_url=""), FAST)
        walk(replace(candidate, provider_class=Official), request=request)
        return playing.calls[-1].body

    return ask


@pytest.mark.parametrize(
    "model",
    [
        *("claude-3-5-haiku-latest", "claude-3-opus-20240229", "claude-opus-4-1", "claude-sonnet-4-5"),
        *("claude-haiku-4-5-20251001", "claude-sonnet-4-20250514", "claude-opus-4-6"),
    ],
)
def test_claude_models_that_take_a_temperature_get_it(sent, model) -> None:
    assert sent(model, kind="anthropic")["temperature"] == 0.7


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-opus-5", "claude-opus-4-7", "claude-fable-1"])
def test_later_claude_models_get_none(sent, model) -> None:
    assert "temperature" not in sent(model, kind="anthropic")


def test_without_a_temperature_of_the_persona_none_is_sent(sent, kind) -> None:
    assert "temperature" not in sent("claude-3-5-haiku-latest", QUESTION, kind=kind)


def test_a_temperature_of_zero_is_one(sent, kind) -> None:
    assert sent("claude-3-5-haiku-latest", replace(WARM, temperature=0.0), kind=kind)["temperature"] == 0


def test_claude_is_told_the_most_tokens_it_may_write(sent) -> None:
    assert sent("claude-sonnet-5-5", kind="anthropic")["max_tokens"] == 321


def test_a_compatible_server_gets_the_names_that_all_of_them_know(sent) -> None:
    body = sent("gpt-5.4-mini")

    assert body["max_tokens"] == 321
    assert "max_completion_tokens" not in body
    assert body["temperature"] == 0.7


def test_the_official_api_gets_its_own_name_for_the_limit(sent_officially) -> None:
    body = sent_officially("gpt-4o-mini")

    assert body["max_completion_tokens"] == 321
    assert "max_tokens" not in body
    assert body["temperature"] == 0.7


@pytest.mark.parametrize("model", ["gpt-5.4-mini", "o3", "o4-mini", "gpt-6"])
def test_the_official_reasoning_models_get_no_temperature(sent_officially, model) -> None:
    assert "temperature" not in sent_officially(model)


@pytest.mark.parametrize(
    ("address", "is_official"),
    [
        ("https://api.openai.com/v1", True),
        ("https://api.openai.com/v1/", True),
        ("https://api.openai.com.example.org/v1", False),
        ("http://127.0.0.1:8080/v1", False),
    ],
)
def test_the_official_api_is_known_by_its_address(address, is_official) -> None:
    provider = OpenAIProvider(ProviderConfig("any", "openai", base_url=address))

    assert ("max_completion_tokens" in provider._limits_and_temperature(WARM)) is is_official


def test_usage_is_asked_for_with_the_stream(sent) -> None:
    assert sent("any")["stream_options"] == {"include_usage": True}
