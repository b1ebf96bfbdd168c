"""Replies that are as they should be, slow ones, and combinations of other scripts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.playing.ledger import Call
from tests.playing.registry import ScriptError, behaviour, compose, numbered_steps, words
from tests.playing.scripts import Delayed, Reply, Script, Step


@behaviour("say:TEXT", "say:hello there", "says TEXT word by word; `say:` is an empty reply")
def say(parameters: str, call: Call) -> Script:
    return Reply(words(parameters))


@behaviour("read:RATE:TEXT", "read:20:hello there", "says TEXT word by word, RATE words a second")
def read(parameters: str, call: Call) -> Script:
    rate, _, text = parameters.partition(":")
    return Reply(step._replace(delay=1 / float(rate)) for step in words(text))


@behaviour("echo", "echo", "repeats the last user message")
def echo(parameters: str, call: Call) -> Script:
    return Reply(words(call.last_user_text))


@behaviour(
    "tokens:N[@RATE][:MARK]",
    "tokens:200@50",
    "N numbered tokens (w0 w1 w2 …), RATE a second; MARK in place of w, `*` in it is the call's id",
)
def tokens(parameters: str, call: Call) -> Script:
    return Reply(numbered_steps(parameters, call))


@behaviour(
    "slow-first:SECONDS[:SCRIPT]",
    "slow-first:2.5",
    "headers and opening events at once, the first token of SCRIPT after SECONDS",
)
def slow_first(parameters: str, call: Call) -> Script:
    seconds, _, script = parameters.partition(":")
    reply = compose(script or "say:Here I am.", call)
    if not isinstance(reply, Reply):
        raise ScriptError("SCRIPT has to be a reply to be slow")
    return replace(reply, steps=_later(reply.steps, float(seconds)))


def _later(steps: Iterable[Step], seconds: float) -> Iterator[Step]:
    for index, step in enumerate(steps):
        yield step if index else step._replace(delay=seconds)


@behaviour("after:SECONDS:SCRIPT", "after:0.3:status:500", "plays SCRIPT, but only after SECONDS")
def after(parameters: str, call: Call) -> Script:
    seconds, _, script = parameters.partition(":")
    return Delayed(compose(script, call), float(seconds))


@behaviour(
    "fail-then:SCRIPT|SCRIPT|…",
    "fail-then:2*status:429|say:hello",
    "first call the first SCRIPT, second call the second …, the last from then on; N* repeats one",
)
def fail_then(parameters: str, call: Call) -> Script:
    acts: list[str] = []
    for part in parameters.split("|"):
        repeated = re.fullmatch(r"(\d+)\*(.*)", part, re.DOTALL)
        times, script = (int(repeated[1]), repeated[2]) if repeated else (1, part)
        acts += [script] * times
    return compose(acts[min(call.nth, len(acts)) - 1], call)


@behaviour("flaky:N[:SCRIPT]", "flaky:2", "status 500 for the first N calls, SCRIPT from then on")
def flaky(parameters: str, call: Call) -> Script:
    failures, _, script = parameters.partition(":")
    return fail_then(f"{int(failures)}*status:500|{script or 'say:Recovered.'}", call)
