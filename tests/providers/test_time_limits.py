"""Every wait for a provider has an end, and the story says which one it was."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from core.loop import run_on_loop
from providers.base import BaseProvider, ProviderConfig
from providers.calling import CallProgress, run_call
from providers.calls import TextDelta
from providers.cascade import Restarted, Trying
from providers.errors import ConnectionBroken, TimeLimitPassed
from providers.instances import instance_for
from providers.limits import EngineLimits
from providers.lineup import candidate_of
from tests.playing import Outcome, numbered
from tests.providers.walking import FAST, QUESTION, Walk, limits, scripted, walk


@pytest.mark.parametrize("script", ["hang", "headers-only", "slow-first:2"])
def test_a_provider_that_sends_nothing_is_left_after_the_first_token_limit(row, kind, script) -> None:
    seen = walk(row(script, kind=kind, first_token_timeout=0.2), scripted())

    assert seen.text == "hello"
    assert seen.failure.code == "time_limit_passed"
    assert seen.failure.message == "no first token within 0.2 s"


@pytest.mark.parametrize("script", ["silent:5", "pings:5"])
def test_a_provider_that_falls_silent_is_left_after_the_silence_limit(row, kind, script) -> None:
    seen = walk(row(script, kind=kind, silence_timeout=0.2), scripted())

    assert seen.text == "hello"
    assert seen.failure.message == "silent for 0.2 s in the middle of the reply"
    assert any(isinstance(each, Restarted) for each in seen.told)


def test_a_slow_but_steady_reply_passes_no_limit(row, kind) -> None:
    seen = walk(row("tokens:20@10", kind=kind, first_token_timeout=1.5, silence_timeout=1.5))

    assert seen.text == numbered(20)


@pytest.mark.parametrize("moment", ["before the first token", "in mid-stream"])
def test_what_came_while_this_process_stood_still_is_read_all_the_same(row, kind, moment) -> None:
    """As after a laptop was closed: the provider was never late."""
    script = "slow-first:0.3:tokens:3" if moment == "before the first token" else "tokens:12@20"

    class Listener(list):
        def append(self, told: object) -> None:
            super().append(told)
            is_moment = isinstance(told, Trying if moment == "before the first token" else str)
            if is_moment and not self.has_slept:
                self.has_slept = True
                run_on_loop(sleep_on_the_loop(4))

        has_slept = False

    seen = walk(
        row(script, kind=kind, first_token_timeout=2, silence_timeout=2),
        scripted(),
        into=Walk(told=Listener()),
    )

    assert seen.provider == "first"


async def sleep_on_the_loop(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251


def test_a_reply_that_would_go_on_for_ever_ends_with_the_limit_for_the_call(row, kind) -> None:
    seen = walk(row("tokens:10000@50", kind=kind, provider_timeout=0.3), scripted())

    assert seen.failure.message == "not complete after 0.3 s"
    assert seen.text == "hello"


def test_the_provider_sees_the_end_of_a_call_that_passed_a_limit(playing, row, kind) -> None:
    walk(row("hang", kind=kind, first_token_timeout=0.1))

    playing.calls.wait_until(lambda calls: calls[0].outcome is Outcome.CLOSED_BY_CLIENT, timeout=15)


def test_the_engine_s_limits_hold_where_the_row_has_none(row, kind) -> None:
    seen = walk(row("hang", kind=kind), within=limits(first_token_timeout=0.15))

    assert seen.failure.message == "no first token within 0.15 s"


def test_a_passed_limit_is_no_reason_to_ask_the_same_provider_again(playing, row) -> None:
    walk(row("hang", first_token_timeout=0.1), within=limits(retry_schedule=[0, 0]))

    assert len(playing.calls) == 1


def test_the_deadline_of_the_reply_ends_a_call_and_leaves_no_time_for_the_next(row, kind) -> None:
    seen = walk(row("hang", kind=kind), scripted("say:late"), within=limits(reply_deadline=0.8))

    assert seen.story == [("first", "failed", 1), ("second", "skipped", 1), ("fallback", "answered", 0)]
    assert seen.steps[1].message == "no time left for this reply"


def test_no_pause_goes_past_the_deadline_of_the_reply(row) -> None:
    began = time.monotonic()
    seen = walk(row("status:500"), within=limits(retry_schedule=[300], reply_deadline=50))

    assert seen.provider == "fallback"
    assert time.monotonic() - began < 40


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: knocking there is never answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        visitors = [socket.socket() for _ in range(4)]
        for visitor in visitors:
            visitor.setblocking(False)
            visitor.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for visitor in visitors:
            visitor.close()


def test_connecting_has_a_limit_of_its_own(row, kind, deaf_port) -> None:
    deaf = row("any", kind=kind, base_url=f"http://127.0.0.1:{deaf_port}", connect_timeout=0.2)
    candidate = candidate_of(deaf, FAST)
    call = run_call(
        instance_for(candidate), QUESTION, limits=FAST, progress=CallProgress(), on_text=lambda text: None
    )

    with pytest.raises(ConnectionBroken, match="the connection failed"):
        run_on_loop(call).result(60)


def test_on_this_machine_a_port_that_answers_no_knock_is_skipped_at_once(row, kind, deaf_port) -> None:
    seen = walk(row("any", kind=kind, base_url=f"http://127.0.0.1:{deaf_port}"))

    assert seen.steps[0].outcome == "skipped"
    assert seen.steps[0].message == f"nothing listens at http://127.0.0.1:{deaf_port}"


class Broken(BaseProvider):
    """Ends with a time limit of its own, which is a mistake: it should say `ProviderError`."""

    async def stream(self, request):
        raise TimeoutError("of its own")
        yield


class Chattering(BaseProvider):
    """Sends a lot, but no text."""

    async def stream(self, request):
        while True:
            yield TextDelta("\x00")
            await asyncio.sleep(0.02)


async def run(provider_class: type[BaseProvider], within: EngineLimits) -> None:
    await run_call(
        provider_class(ProviderConfig("any", "any")),
        QUESTION,
        limits=within,
        progress=CallProgress(),
        on_text=lambda text: None,
    )


async def test_a_time_limit_that_is_not_ours_is_not_told_as_ours() -> None:
    with pytest.raises(TimeoutError, match="of its own"):
        await run(Broken, FAST)


async def test_what_holds_no_text_is_no_first_token() -> None:
    with pytest.raises(TimeLimitPassed, match=r"no first token within 0\.15 s"):
        await run(Chattering, limits(first_token_timeout=0.15))
