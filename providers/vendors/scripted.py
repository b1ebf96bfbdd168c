"""A provider that needs no network and no key: the model's name says what it answers."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

from providers.base import BaseProvider, register_provider
from providers.calls import CallRequest, Finished, StreamEvent, TextDelta, Usage, estimate_tokens
from providers.errors import ProviderError, RequestRefused
from providers.improvising import improvise

MOST_TOKENS = 100_000
LONGEST_WAIT = 86_400.0
_THINKING = 0.4

Pieces = AsyncGenerator[str, None]


@register_provider("scripted")
class ScriptedProvider(BaseProvider):
    """Plays `echo`, `say:TEXT`, `demo[:RATE]`, `tokens:N@RATE`, `slow:SECONDS`, `fail:CODE[:RETRY_AFTER]`."""

    label = "Scripted, not a model"
    default_model = "echo"

    async def stream(self, request: CallRequest) -> AsyncGenerator[StreamEvent, None]:
        model = request.model or self.config.model or self.default_model
        said: list[str] = []
        is_cut = False
        async with aclosing(_pieces(model, request)) as pieces:
            async for piece in pieces:
                if is_cut := len(said) >= request.max_tokens:
                    break
                said.append(piece)
                yield TextDelta(piece)
        yield Finished(_usage(request, "".join(said)), is_cut)


def _pieces(model: str, request: CallRequest) -> Pieces:
    name, _, parameter = model.partition(":")
    script = SCRIPTS.get(name)
    if script is None:
        raise RequestRefused(f"no script is called {name!r}; known are {', '.join(SCRIPTS)}")
    return script(parameter, request)


def _usage(request: CallRequest, text: str) -> Usage:
    heard = estimate_tokens(request.system, *(line.text for line in request.messages))
    spoken = estimate_tokens(text) if text else 0
    return Usage(tokens_in=heard, tokens_out=spoken, is_estimated=True)


def _echo(parameter: str, request: CallRequest) -> Pieces:
    questions = [line.text for line in request.messages if line.role == "user"]
    return _paced(_words("".join(questions[-1:])))


def _say(parameter: str, request: CallRequest) -> Pieces:
    return _paced(_words(parameter))


def _demo(parameter: str, request: CallRequest) -> Pieces:
    """Words a second, as many as a good model writes."""
    rate = _number(parameter or "28", 1, 10_000)
    return _paced(_words(improvise(request)), pause=1 / rate, delay=min(_THINKING, 10 / rate))


def _tokens(parameter: str, request: CallRequest) -> Pieces:
    amount, _, rate = parameter.partition("@")
    count = int(_number(amount, 0, MOST_TOKENS))
    pause = 1 / _number(rate, 1 / LONGEST_WAIT, math.inf) if rate else 0.0
    return _paced((f"w{index} " for index in range(count)), pause=pause)


def _slow(parameter: str, request: CallRequest) -> Pieces:
    return _paced(["Here I am."], delay=_number(parameter, 0, LONGEST_WAIT))


def _fail(parameter: str, request: CallRequest) -> Pieces:
    code, _, seconds = parameter.partition(":")
    kinds: list[type[ProviderError]] = [ProviderError, *ProviderError.__subclasses__()]
    failures = {kind.code: kind for kind in kinds}
    if code not in failures:
        raise RequestRefused(f"no failure is called {code!r}; known are {', '.join(failures)}")
    retry_after = _number(seconds, 0, LONGEST_WAIT) if seconds else None
    raise failures[code]("failed as its script says", retry_after=retry_after)


SCRIPTS: dict[str, Callable[[str, CallRequest], Pieces]] = {
    "echo": _echo,
    "say": _say,
    "demo": _demo,
    "tokens": _tokens,
    "slow": _slow,
    "fail": _fail,
}


def _words(text: str) -> list[str]:
    """The text in pieces of one word each; nothing of it is lost."""
    return re.findall(r"\S+\s*|\s+", text)


async def _paced(pieces: Iterable[str], *, pause: float = 0.0, delay: float = 0.0) -> Pieces:
    """A piece each `pause` seconds, by the clock, so that being late once does not add up."""
    clock = asyncio.get_running_loop().time
    due = clock() + delay
    for piece in pieces:
        await asyncio.sleep(max(0.0, due - clock()))
        due += pause
        yield piece


def _number(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise RequestRefused(f"{text!r} should be a number from {least:g} to {most:g}")
    return number
