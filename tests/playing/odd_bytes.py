"""Replies made of bytes that are wrong, or right but rare."""

from collections.abc import Callable, Iterable
from itertools import chain

from tests.playing.ledger import Call
from tests.playing.registry import behaviour, numbered_steps, words
from tests.playing.scripts import Ending, Reply, Script, Step
from tests.playing.speaking import Speaker

MULTIBYTE = "Grüße, naïve café, 漢字かな, здравствуй, مرحبا, 🙂 👩\u200d👩\u200d👧 e\u0301 end"
LINE_SEPARATORS = "one\u2028two\u2029three\x85four\x0bfive\x0csix\x1cseven"
NUL = "before\x00after \x00 end"

BROKEN_JSON = Step(special=lambda speaker: speaker.broken())
ERROR_OBJECT = Step(special=lambda speaker: speaker.failure_event())
UNKNOWN_EVENTS = Step(special=lambda speaker: speaker.unknown())
HALF_SURROGATE = "\ud83d"


def _invalid_utf8(speaker: Speaker) -> bytes:
    return speaker.delta("<here>").replace(b"<here>", b"\xff\xfe\xc3")


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], Iterable[bytes]]:
    return lambda payload: [payload.replace(old, new)]


def _sliced(size: int) -> Callable[[bytes], Iterable[bytes]]:
    return lambda payload: (payload[at : at + size] for at in range(0, len(payload), size))


@behaviour("garbage[:TOKENS]", "garbage:5", "5 tokens, an event of broken JSON, 3 tokens, the end")
def garbage(parameters: str, call: Call) -> Script:
    steps = chain(numbered_steps(parameters, call), [BROKEN_JSON], words("after the garbage"))
    return Reply(steps, is_sound=False, instead=lambda speaker: speaker.broken())


@behaviour("bad-utf8[:TOKENS]", "bad-utf8:5", "5 tokens, a token that is not UTF-8, the end")
def bad_utf8(parameters: str, call: Call) -> Script:
    steps = chain(numbered_steps(parameters, call), [Step(special=_invalid_utf8)])
    return Reply(steps, is_sound=False, instead=_invalid_utf8)


@behaviour("error-object[:TOKENS]", "error-object:5", "status 200, 5 tokens, an error object")
def error_object(parameters: str, call: Call) -> Script:
    steps = chain(numbered_steps(parameters, call), [ERROR_OBJECT])
    return Reply(steps, Ending.UNFINISHED, instead=lambda speaker: speaker.failure())


@behaviour(
    "unknown-events[:TEXT]",
    "unknown-events:hello there",
    "TEXT with comments, unknown fields and events of the future between its words",
)
def unknown_events(parameters: str, call: Call) -> Script:
    spoken = words(parameters or "hello there")
    return Reply(chain.from_iterable((UNKNOWN_EVENTS, step) for step in spoken))


@behaviour("big-line[:BYTES]", "big-line", "one token of 5 MB, or BYTES, on one line")
def big_line(parameters: str, call: Call) -> Script:
    return Reply([Step("x" * int(parameters or 5_000_000))])


@behaviour(
    "split-utf8[:SIZE[:TEXT]]",
    "split-utf8",
    "multi-byte TEXT in chunks of SIZE bytes (1), so cut inside characters and lines",
)
def split_utf8(parameters: str, call: Call) -> Script:
    size, _, text = parameters.partition(":")
    return Reply(words(text or MULTIBYTE), shape=_sliced(int(size or 1)))


@behaviour("nul", "nul", "text with NUL characters in it, escaped as JSON wants them")
def nul(parameters: str, call: Call) -> Script:
    return Reply(words(NUL))


@behaviour(
    "line-separators",
    "line-separators",
    "text with U+2028, U+2029 and U+0085 as they are: line ends for `splitlines`, not for the API",
)
def line_separators(parameters: str, call: Call) -> Script:
    return Reply([Step("a "), Step(LINE_SEPARATORS), Step(" z")])


@behaviour("surrogate-pair", "surrogate-pair", "a smiley whose two \\u escapes come in two tokens")
def surrogate_pair(parameters: str, call: Call) -> Script:
    return Reply([Step("a "), Step(HALF_SURROGATE), Step("\ude42"), Step(" z")])


@behaviour("lone-surrogate", "lone-surrogate", "half of a smiley: legal JSON, not legal text")
def lone_surrogate(parameters: str, call: Call) -> Script:
    return Reply([Step("a "), Step(HALF_SURROGATE), Step(" z")])


@behaviour("crlf[:TEXT]", "crlf", "TEXT with lines that end in CR LF")
def crlf(parameters: str, call: Call) -> Script:
    return Reply(words(parameters or "hello there"), shape=_replaced(b"\n", b"\r\n"))


@behaviour("cr[:TEXT]", "cr", "TEXT with lines that end in CR alone")
def cr(parameters: str, call: Call) -> Script:
    return Reply(words(parameters or "hello there"), shape=_replaced(b"\n", b"\r"))


@behaviour("no-space[:TEXT]", "no-space", "TEXT with no space after the fields' colons")
def no_space(parameters: str, call: Call) -> Script:
    return Reply(words(parameters or "hello there"), shape=_replaced(b": {", b":{"))
