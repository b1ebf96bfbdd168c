"""What goes wrong is raised by the official SDK as the error a program written for it expects."""

from typing import Any

import pytest
from openai import (
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    OpenAI,
    PermissionDeniedError,
    RateLimitError,
)

from tests.completions.clients import new_key, said, sdk_options
from tests.harness.person import Person
from tests.harness.running import MODEL
from tests.harness.store import database
from tests.harness.valis import Valis
from tests.playing import PlayingServer

TOOL = {"type": "function", "function": {"name": "look", "parameters": {}}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize("key", ["sk-of-somebody-else", "valis_abc_def"])
def test_a_key_that_is_not_valid_is_not_authenticated(sdk: OpenAI, key: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        sdk.with_options(api_key=key).chat.completions.create(model="jane", messages=said("Hello"))

    assert (refused.value.code, refused.value.type) == ("key_not_valid", "authentication_error")


def test_a_key_that_may_only_read_lists_models_and_gets_no_reply(
    valis: Valis, playing: PlayingServer
) -> None:
    with OpenAI(**sdk_options(valis, new_key(valis, "demo", scope="read"))) as client:
        assert list(client.models.list())
        with pytest.raises(PermissionDeniedError) as refused:
            client.chat.completions.create(model="jane", messages=said("Hello"))

    assert (refused.value.code, refused.value.type) == ("not_allowed", "permission_error")


def test_a_key_that_asked_too_often_is_limited_and_told_when_to_come_back(
    valis: Valis, playing: PlayingServer
) -> None:
    key = new_key(valis, "demo", "--requests-per-minute", "1")
    with OpenAI(**sdk_options(valis, key)) as client, pytest.raises(RateLimitError) as refused:
        for _ in range(3):  # a new minute may begin once
            client.chat.completions.create(model="jane", messages=said("Hello"))

    assert (refused.value.code, refused.value.type) == ("too_many_requests", "rate_limit_error")
    assert 0 <= int(refused.value.response.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("model", ["nobody", "gpt-5.4", "jane@", "jane@no-such-model", "JANE", "a\0b"])
def test_a_model_that_is_not_there_is_not_found(sdk: OpenAI, playing: PlayingServer, model: str) -> None:
    before = playing.calls.total
    with pytest.raises(NotFoundError) as missing:
        sdk.chat.completions.create(model=model, messages=said("Hello"))

    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    assert playing.calls.total == before


def test_a_model_that_is_pinned_answers_alone(sdk: OpenAI, playing: PlayingServer) -> None:
    reply = sdk.chat.completions.create(model=f"jane@{MODEL}", messages=said("Hello"))

    assert (reply.model, reply.choices[0].message.content) == (f"jane@{MODEL}", "Read a poem.")
    assert sdk.models.retrieve(f"jane@{MODEL}").id == f"jane@{MODEL}"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [TOOL]}, "tools"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"stop": ["END"]}, "stop"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "H"}]},
            "messages[1]",
        ),
        ({"messages": said("x" * 64_000)}, "messages[0]"),
        ({"metadata": {"valis_session": "mine"}}, "metadata.valis_session"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_persona_cannot_do_is_a_bad_request_that_names_the_parameter(
    sdk: OpenAI, playing: PlayingServer, options: dict[str, Any], param: str
) -> None:
    before = playing.calls.total
    with pytest.raises(BadRequestError) as refused:
        sdk.chat.completions.create(**{"model": "jane", "messages": said("Hello")} | options)

    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"
    assert refused.value.code
    assert playing.calls.total == before


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_fault_of_ours_is_an_internal_error_also_before_a_stream_has_begun(
    sdk: OpenAI, valis: Valis, is_streamed: bool
) -> None:
    with database(valis.data, is_writable=True) as connection:
        connection.execute("UPDATE personas_persona SET traits = '7' WHERE slug = 'vera'")

    with pytest.raises(InternalServerError) as broken:
        sdk.chat.completions.create(model="vera", messages=said("Hello"), stream=is_streamed)

    assert (broken.value.code, broken.value.type) == ("internal_error", "server_error")
    assert broken.value.request_id


@pytest.mark.parametrize("path", ["/nowhere", "/chat/completions/more"])
def test_an_address_that_is_not_there_is_answered_in_the_same_form(sdk: OpenAI, path: str) -> None:
    with pytest.raises(NotFoundError) as missing:
        sdk.get(path, cast_to=object)

    assert missing.value.code == "not_found"


def test_a_session_of_somebody_else_is_not_there(sdk: OpenAI, new_session_of_staff: str) -> None:
    with pytest.raises(NotFoundError) as missing:
        sdk.chat.completions.create(
            model="jane", messages=said("Hello"), metadata={"valis_session": new_session_of_staff}
        )

    assert missing.value.code == "session_not_found"


@pytest.fixture
def new_session_of_staff(valis: Valis) -> str:
    return Person(valis.url).log_in("staff").new_session()
