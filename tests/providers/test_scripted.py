"""The scripted provider: what each script says, and that it keeps the providers' contract."""

import asyncio
import time
from contextlib import aclosing

import pytest

from providers.base import ProviderConfig, provider_classes
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta, Utterance
from providers.errors import KeyRefused, ProviderError, RateLimited, RequestRefused, ServerFailed
from providers.vendors.scripted import ScriptedProvider

QUESTION = Utterance("user", "How are you,  Jane?\nWell?")


def provider(model: str = "") -> ScriptedProvider:
    return ScriptedProvider(ProviderConfig("tutorial", "scripted", model))


def request(model: str, *messages: Utterance, max_tokens: int = 1024) -> CallRequest:
    return CallRequest("", messages or (QUESTION,), model=model, max_tokens=max_tokens)


async def events_of(model: str, *messages: Utterance, max_tokens: int = 1024) -> list[StreamEvent]:
    asked = request(model, *messages, max_tokens=max_tokens)
    return [event async for event in provider().stream(asked)]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def said(model: str, *messages: Utterance, max_tokens: int = 1024) -> str:
    return text_of(asyncio.run(events_of(model, *messages, max_tokens=max_tokens)))


def test_echo_repeats_the_last_thing_the_user_said_to_the_letter() -> None:
    earlier = (Utterance("user", "Before"), Utterance("assistant", "Yes"))

    assert said("echo", *earlier, QUESTION) == QUESTION.text


def test_echo_of_nothing_is_an_empty_reply() -> None:
    assert said("echo", Utterance("assistant", "Hello")) == ""


def test_say_speaks_its_text_word_by_word() -> None:
    events = asyncio.run(events_of("say:one two: three"))

    assert events[:-1] == [TextDelta("one "), TextDelta("two: "), TextDelta("three")]


def test_tokens_are_numbered_so_that_a_lost_one_shows() -> None:
    assert said("tokens:4") == "w0 w1 w2 w3 "


def test_tokens_come_at_the_rate_asked_for() -> None:
    began = time.monotonic()
    said("tokens:21@100")

    assert time.monotonic() - began > 0.19


def test_slow_waits_before_its_first_token() -> None:
    began = time.monotonic()

    assert said("slow:0.2") == "Here I am."
    assert time.monotonic() - began >= 0.2


def test_a_stream_ends_with_exactly_one_finished_and_an_estimate_of_its_usage() -> None:
    events = asyncio.run(events_of("say:a reply of some words"))
    ends = [event for event in events if isinstance(event, Finished)]

    assert ends == events[-1:]
    assert ends[0].usage.is_estimated
    assert ends[0].usage.tokens_in > 0
    assert ends[0].usage.tokens_out > 0


def test_no_more_tokens_come_than_the_caller_wants() -> None:
    assert said("tokens:50", max_tokens=3) == "w0 w1 w2 "


@pytest.mark.parametrize(("model", "is_cut"), [("tokens:4", True), ("tokens:3", False)])
def test_a_reply_says_whether_there_was_more_of_it(model: str, is_cut: bool) -> None:
    *_, end = asyncio.run(events_of(model, max_tokens=3))

    assert end.is_cut is is_cut


def test_the_configured_model_is_played_when_the_call_names_none() -> None:
    async def events() -> list[StreamEvent]:
        return [event async for event in provider("say:from the row").stream(request(""))]

    assert text_of(asyncio.run(events())) == "from the row"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("fail:rate_limited", RateLimited),
        ("fail:server_failed", ServerFailed),
        ("fail:key_refused", KeyRefused),
        ("fail:provider_failed", ProviderError),
    ],
)
def test_fail_raises_the_error_of_that_code(script: str, error: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        said(script)

    assert type(caught.value) is error


def test_every_kind_of_failure_can_be_scripted() -> None:
    for error in ProviderError.__subclasses__():
        with pytest.raises(error):
            said(f"fail:{error.code}")


def test_fail_can_say_when_to_come_back() -> None:
    with pytest.raises(RateLimited) as caught:
        said("fail:rate_limited:2.5")

    assert caught.value.retry_after == 2.5


def test_an_unknown_script_is_refused_with_the_names_of_the_known_ones() -> None:
    with pytest.raises(RequestRefused, match="echo, say, demo, tokens, slow, fail"):
        said("sing:la la la")


def test_an_unknown_failure_is_refused_with_the_codes_of_the_known_ones() -> None:
    with pytest.raises(RequestRefused, match="rate_limited"):
        said("fail:on_monday")


@pytest.mark.parametrize(
    "script",
    ["tokens:many", "tokens:-1", "tokens:3@0", "tokens:999999999", "slow:nan", "slow:-1", "slow:"],
)
def test_a_number_that_makes_no_sense_is_refused(script: str) -> None:
    with pytest.raises(RequestRefused, match="should be a number"):
        said(script)


def test_closing_the_stream_ends_the_call_at_once() -> None:
    async def first_piece() -> StreamEvent:
        async with aclosing(provider().stream(request("tokens:100@1"))) as stream:
            return await anext(stream)

    began = time.monotonic()

    assert asyncio.run(first_piece()) == TextDelta("w0 ")
    assert time.monotonic() - began < 60


def test_waiting_leaves_the_loop_free_for_others() -> None:
    async def both() -> list[str]:
        order: list[str] = []

        async def play(model: str) -> None:
            await events_of(model)
            order.append(model)

        await asyncio.gather(play("slow:0.2"), play("say:quick"))
        return order

    assert asyncio.run(both()) == ["say:quick", "slow:0.2"]


def test_it_needs_neither_key_nor_address() -> None:
    config = ProviderConfig("tutorial", "scripted")

    assert ScriptedProvider.missing(config) == ""
    assert asyncio.run(provider().is_available())


def test_it_is_known_by_the_name_scripted() -> None:
    assert provider_classes()["scripted"] is ScriptedProvider
