"""The official SDK talks with a persona: whole, in pieces, and through what can go wrong with a reply."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from openai import APIError, APITimeoutError, AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk

from tests.completions.clients import said, sdk_options
from tests.harness.running import BACKUP_MODEL, MODEL, use_backup
from tests.harness.store import database, set_up_engine
from tests.harness.valis import Valis
from tests.measuring import is_once_below
from tests.playing import Outcome, PlayingServer, numbered


@pytest.fixture
def backup(valis: Valis, playing: PlayingServer) -> Iterator[None]:
    use_backup(valis.data, playing)
    yield
    use_backup(valis.data, playing, is_enabled=False)


def status_of(valis: Valis, chunk: ChatCompletionChunk) -> str:
    """How the turn stands that the chunk is of."""
    turn = chunk.to_dict()["valis"]["turn"]
    with database(valis.data) as connection:
        return str(connection.execute("SELECT status FROM chat_turn WHERE id = ?", [turn]).fetchone()[0])


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_each_persona_is_a_model(sdk: OpenAI) -> None:
    models = {model.id: model for model in sdk.models.list()}

    assert {"jane", "sam", "vera"} <= set(models)
    assert (models["jane"].object, models["jane"].owned_by) == ("model", "valis")
    assert sdk.models.retrieve("jane") == models["jane"]


def test_a_reply_comes_whole_with_its_usage(sdk: OpenAI, playing: PlayingServer) -> None:
    reply = sdk.chat.completions.create(model="jane", messages=said("What should I read?"))

    (choice,) = reply.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "Read a poem.")
    assert (reply.object, reply.model, choice.finish_reason) == ("chat.completion", "jane", "stop")
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == playing.calls[-1].tokens_in
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_a_reply_comes_in_pieces(sdk: OpenAI, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:30@100")

    with sdk.chat.completions.create(model="jane", messages=said("Count."), stream=True) as stream:
        chunks = list(stream)

    assert chunks[0].choices[0].delta.role == "assistant"
    assert text_of(chunks) == numbered(30)
    assert len(chunks) > 5
    assert [chunk.choices[0].finish_reason for chunk in chunks][-2:] == [None, "stop"]
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert all(chunk.usage is None for chunk in chunks)


def test_a_streamed_reply_ends_with_its_usage_for_who_asks_for_it(sdk: OpenAI) -> None:
    with sdk.chat.completions.create(
        model="jane", messages=said("Hello"), stream=True, stream_options={"include_usage": True}
    ) as stream:
        *chunks, last = stream

    assert text_of(chunks) == "Read a poem."
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 3


def test_a_reply_that_reached_the_limit_of_tokens_says_so(sdk: OpenAI, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:30")

    whole = sdk.chat.completions.create(model="jane", messages=said("Count."), max_completion_tokens=4)
    with sdk.chat.completions.create(
        model="jane", messages=said("Count."), max_tokens=4, stream=True
    ) as stream:
        chunks = list(stream)

    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (numbered(4), "length")
    assert (text_of(chunks), chunks[-1].choices[0].finish_reason) == (numbered(4), "length")


async def test_many_ask_at_once_and_each_gets_the_own_reply(
    valis: Valis, key: str, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "echo")

    async with AsyncOpenAI(**sdk_options(valis, key)) as client:

        async def ask(number: int) -> str | None:
            messages = said(f"This is number {number}.")
            if number % 2:
                reply = await client.chat.completions.create(model="jane", messages=messages)
                return reply.choices[0].message.content
            stream = await client.chat.completions.create(model="sam", messages=messages, stream=True)
            return text_of([chunk async for chunk in stream])

        replies = await asyncio.gather(*(ask(number) for number in range(20)))

    assert replies == [f"This is number {number}." for number in range(20)]


def test_the_provider_that_answered_is_named(sdk: OpenAI) -> None:
    answer = sdk.chat.completions.with_raw_response.create(model="jane", messages=said("Hello"))
    with sdk.chat.completions.create(model="jane", messages=said("Hello"), stream=True) as stream:
        header = stream.response.headers["x-valis-provider"]
        last = list(stream)[-1]

    assert answer.headers["x-valis-provider"] == header == "openai"
    told = {"provider": "openai", "provider_model": MODEL, "is_fallback": False, "session": None}
    assert answer.parse().to_dict()["valis"].items() >= told.items()
    assert last.to_dict()["valis"].items() >= told.items()


def test_over_the_personas_cap_no_model_is_called_and_the_answer_says_so(
    sdk: OpenAI, valis: Valis, playing: PlayingServer
) -> None:
    set_up_engine(valis.data, daily_token_cap=0)
    playing.calls.clear()
    try:
        answer = sdk.chat.completions.with_raw_response.create(model="jane", messages=said("Hello"))
    finally:
        set_up_engine(valis.data, daily_token_cap=10**12)

    assert answer.headers["x-valis-provider"] == "fallback"
    assert "only so much in a day" in (answer.parse().choices[0].message.content or "")
    assert not playing.calls


def test_the_fallback_voice_can_be_told_from_a_model(sdk: OpenAI, playing: PlayingServer) -> None:
    playing.cast(MODEL, "status:401")

    answer = sdk.chat.completions.with_raw_response.create(model="jane", messages=said("Hello"))

    assert answer.headers["x-valis-provider"] == "fallback"
    assert answer.parse().to_dict()["valis"]["is_fallback"] is True


@pytest.mark.usefixtures("backup")
def test_a_reply_that_another_provider_began_anew_is_that_one_alone(
    sdk: OpenAI, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "cut:5")
    playing.cast(BACKUP_MODEL, "say:The whole answer.")

    reply = sdk.chat.completions.create(model="jane", messages=said("Hello"))

    assert reply.choices[0].message.content == "The whole answer."


@pytest.mark.usefixtures("backup")
def test_pieces_of_two_providers_are_never_joined(
    sdk: OpenAI, valis: Valis, playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    playing.cast(MODEL, "cut:5")
    playing.cast(BACKUP_MODEL, "tokens:100@50:b")
    chunks: list[ChatCompletionChunk] = []

    with (
        pytest.raises(APIError) as broken,
        sdk.chat.completions.create(model="jane", messages=said("Hello"), stream=True) as stream,
    ):
        chunks += stream

    assert broken.value.code == "reply_broken_off"
    assert text_of(chunks) == numbered(5)
    eventually(lambda: status_of(valis, chunks[0]) == "cancelled")
    assert numbered(100, "b") not in {call.text for call in playing.calls}


def test_who_hangs_up_in_mid_stream_ends_the_call_within_a_second(
    sdk: OpenAI, playing: PlayingServer
) -> None:
    playing.cast(MODEL, "tokens:2000@50")

    def seconds_to_leave() -> float:
        with sdk.chat.completions.create(model="jane", messages=said("Count."), stream=True) as stream:
            for _ in zip(range(5), stream, strict=False):
                pass
            left_at = time.time()
        playing.calls.wait_until(lambda calls: calls[-1].ended)
        assert playing.calls[-1].outcome == Outcome.CLOSED_BY_CLIENT
        return (playing.calls[-1].ended or 0) - left_at

    assert is_once_below(1, seconds_to_leave)


def test_who_does_not_wait_for_a_whole_reply_ends_the_call_too(sdk: OpenAI, playing: PlayingServer) -> None:
    playing.cast(MODEL, "tokens:2000@50")

    with pytest.raises(APITimeoutError):
        sdk.chat.completions.create(model="jane", messages=said("Count."), timeout=0.6)

    left_at = time.time()
    playing.calls.wait_until(lambda calls: calls[-1].ended)
    assert playing.calls[-1].outcome == Outcome.CLOSED_BY_CLIENT
    assert (playing.calls[-1].ended or 0) - left_at < 15
