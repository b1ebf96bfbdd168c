"""While a persona thinks, the line to its program is kept open."""

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chat.completions import streaming
from chat.completions.calls import Call
from chat.completions.following import News, Silence, Words
from chat.completions.forms import CompletionForm
from chat.completions.streaming import ChunkStream

SPEAKER = {"name": "main", "model": "a-model", "is_fallback": False}


async def sent(*news: News) -> list[bytes]:
    """What a program gets, without the first chunk, while this is the news."""

    async def told() -> AsyncGenerator[News]:
        for each in news:
            yield each

    call = cast(Any, SimpleNamespace(news=told))
    form = cast(CompletionForm, SimpleNamespace(chunk=lambda delta, provider, **_: delta))
    first, *rest = [each async for each in ChunkStream(cast(Call, call), form, [], has_usage=False)]
    assert b"assistant" in first
    return rest


async def test_who_hears_nothing_for_a_while_is_told_that_somebody_is_there(monkeypatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.0)

    assert await sent(Silence()) == [b": still here\n\n"]


@pytest.mark.parametrize("news", [[Silence()], [Words("Hi", SPEAKER), Silence()]])
async def test_a_short_silence_needs_no_word(news) -> None:
    assert b": still here\n\n" not in await sent(*news)
