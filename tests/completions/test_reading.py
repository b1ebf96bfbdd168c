"""Reading a request: whatever is sent, it is understood or refused with the parameter that is wrong."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.briefs import Brief
from chat.completions.dialogue import MOST_CHARACTERS, MOST_MESSAGES
from chat.completions.reading import Request, read_request
from core.errors import InvalidInput
from core.text import is_storable
from providers.calls import Utterance

QUESTION = {"role": "user", "content": "Hello"}


def read(**fields: Any) -> Request:
    return read_request(json.dumps({"model": "jane", "messages": [QUESTION], **fields}).encode())


def refusal(**fields: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read(**fields)
    return refused.value


def test_a_question_alone_leaves_everything_else_to_the_persona() -> None:
    assert read() == Request("jane", Brief(dialogue=(Utterance("user", "Hello"),)))


def test_what_was_said_before_comes_before_the_question() -> None:
    messages = [QUESTION, {"role": "assistant", "content": "Hi."}, {"role": "user", "content": " And now? "}]

    assert [each.text for each in read(messages=messages).brief.dialogue] == ["Hello", "Hi.", "And now?"]


def test_system_and_developer_messages_are_notes_wherever_they_stand() -> None:
    system, developer = {"role": "system", "content": "One"}, {"role": "developer", "content": "Two"}

    brief = read(messages=[system, QUESTION, developer]).brief

    assert (brief.notes, brief.dialogue) == ("One\n\nTwo", (Utterance("user", "Hello"),))


def test_parts_of_text_are_joined() -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]

    assert read(messages=[{"role": "user", "content": parts}]).brief.dialogue[0].text == "Hello"


def test_messages_without_text_are_left_out_of_the_dialogue() -> None:
    silent = [{"role": "assistant", "content": None}, {"role": "user", "content": " "}]

    assert read(messages=[*silent, QUESTION]).brief.dialogue == (Utterance("user", "Hello"),)


def test_a_pinned_model_may_have_any_name() -> None:
    request = read(model="jane@org/model@v2")

    assert (request.persona_slug, request.brief.model) == ("jane", "org/model@v2")


def test_the_newer_name_of_the_limit_of_tokens_counts_before_the_older_one() -> None:
    assert read(max_tokens=7).brief.max_tokens == 7
    assert read(max_tokens=7, max_completion_tokens=9).brief.max_tokens == 9


@pytest.mark.parametrize(("asked", "counts"), [(0, 0.0), (0.5, 0.5), (1, 1.0), (1.7, 1.0), (None, None)])
def test_a_temperature_counts_as_far_as_a_persona_may_have_it(asked: object, counts: object) -> None:
    assert read(temperature=asked).brief.temperature == counts


@pytest.mark.parametrize(
    "harmless",
    [
        {"n": 1, "tools": [], "stop": None, "logprobs": False, "response_format": {"type": "text"}},
        {"tool_choice": "auto", "modalities": ["text"], "stream_options": None},
        {"top_p": 0.9, "seed": 7, "user": "u", "presence_penalty": 1, "store": True, "metadata": {"a": "b"}},
        {"a_parameter_of_the_future": {"deep": [1]}},
    ],
)
def test_what_asks_for_nothing_is_accepted(harmless: dict[str, Any]) -> None:
    assert read(**harmless) == read()


def test_a_session_is_kept_only_where_it_is_asked_for() -> None:
    known = uuid.uuid4()

    assert not read(metadata={"other": "x"}).is_stored
    assert (read(metadata={"valis_session": "new"}).is_stored, read().session_id) == (True, None)
    assert read(metadata={"valis_session": str(known)}).session_id == known


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a":' * 5000, b"9" * 5000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_request(body)

    assert refused.value.code == "invalid_json"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": [QUESTION] * (MOST_MESSAGES + 1)}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x" * MOST_CHARACTERS}, QUESTION]}, "messages"),
        ({"messages": [{"role": "system", "content": "ü" * 32_000}, QUESTION]}, "messages"),
        ({"messages": [{"role": "user", "content": "ü" * 32_000}]}, "messages[0]"),
    ],
    ids=["messages", "characters", "notes", "question"],
)
def test_too_much_is_refused(fields: dict[str, Any], param: str) -> None:
    refused = refusal(**fields)

    assert (refused.code, refused.details["param"]) == ("context_length_exceeded", param)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_is_no_text_is_refused(text: str) -> None:
    assert refusal(messages=[{"role": "user", "content": text}]).code == "message_not_text"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
roles = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
contents = st.text(max_size=8) | st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "image_url"]), "text": st.text(max_size=5) | values}
    ),
    max_size=2,
)
messages = st.fixed_dictionaries(
    {"role": roles | values, "content": contents | values}, optional={"tool_calls": values, "name": values}
)
NAMES = [
    *("stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "n", "tools", "stop"),
    *("tool_choice", "modalities", "audio", "response_format", "metadata", "store", "logprobs", "new_one"),
]
requests = st.fixed_dictionaries(
    {"model": st.text(max_size=5) | values, "messages": st.lists(messages, max_size=4) | values},
    optional=dict.fromkeys(NAMES, values),
)


@given(requests | values)
def test_any_request_is_understood_or_refused_by_name(data: Any) -> None:
    try:
        request = read_request(json.dumps(data).encode())
    except InvalidInput as refused:
        assert refused.message
        assert refused.code == "invalid_json" or refused.details["param"]
        return
    *_, question = request.brief.dialogue
    assert question.role == "user"
    assert question.text.strip()
    assert is_storable(request.brief.notes)
    assert Brief.from_json(json.loads(json.dumps(request.brief.to_json()))) == request.brief
