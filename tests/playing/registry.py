"""The registry: from a model's name to the small function that composes its script."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.playing.ledger import Call
from tests.playing.scripts import Refusal, Script, Step


class ScriptError(Exception):
    """The model's name asks for something that cannot be played."""


Compose = Callable[[str, Call], Script]


class Behaviour(NamedTuple):
    """A name, how to write it with its parameters, what it does."""

    name: str
    syntax: str
    example: str
    meaning: str
    compose: Compose


_registry: dict[str, Behaviour] = {}


def behaviour(syntax: str, example: str, meaning: str) -> Callable[[Compose], Compose]:
    """Register a function for model names like `syntax`; it gets what follows the first colon."""

    def register(compose: Compose) -> Compose:
        name = re.split(r"[\[:]", syntax)[0]
        _registry[name] = Behaviour(name, syntax, example, meaning, compose)
        return compose

    return register


def behaviours() -> list[Behaviour]:
    """All that can be played."""
    return list(_registry.values())


def compose(script: str, call: Call) -> Script:
    """The script a name stands for; what follows `#` only makes the name unique."""
    name, _, parameters = script.partition("#")[0].partition(":")
    known = _registry.get(name)
    if known is None:
        raise ScriptError(f"no behaviour is called {name!r}; known are: {', '.join(_registry)}")
    try:
        return known.compose(parameters, call)
    except (ValueError, ArithmeticError) as error:
        raise ScriptError(f"write {known.syntax} ({error})") from error


def script_for(call: Call) -> Script:
    """What is played for this call; a name that makes no sense is an unknown model."""
    try:
        return compose(call.script, call)
    except ScriptError as error:
        return Refusal(404, f"The model {call.model!r} does not exist: {error}")


def words(text: str) -> Iterator[Step]:
    """The text word by word; nothing of it is lost."""
    return (Step(word) for word in re.findall(r"\S+\s*|\s+", text))


def numbered(count: int, mark: str = "w") -> str:
    """The text of `tokens:COUNT`: every token can be told from every other."""
    return "".join(f"{mark}{index} " for index in range(count))


def numbered_steps(parameters: str, call: Call) -> Iterator[Step]:
    """`COUNT[@RATE][:MARK]`, by default 5 at once, marked "w"; `*` in MARK is the call's id."""
    amount, _, mark = parameters.partition(":")
    count, _, rate = amount.partition("@")
    pause = 1 / float(rate) if rate else 0.0
    own_mark = (mark or "w").replace("*", str(call.id))
    steps = range(int(count or 5))
    return (Step(f"{own_mark}{index} ", pause if index else 0.0) for index in steps)
