"""What is played: steps and an ending as data, and how they become bytes with their delays."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import NamedTuple, Protocol

from tests.playing.ledger import Outcome
from tests.playing.speaking import Speaker, to_json
from tests.playing.wire import LAST_CHUNK, Headers, chunk, head, whole


class Ending(Enum):
    """What happens to the connection after the last step."""

    COMPLETE = "terminal event, proper end"
    UNFINISHED = "no terminal event, but a proper end of the response"
    CUT = "the connection is closed in the middle of the response"
    RESET = "the connection is reset in the middle of the response"
    SILENT = "nothing more comes, the connection stays open"


CLOSING = frozenset({Ending.CUT, Ending.RESET})


class Step(NamedTuple):
    """After `delay` seconds the next token, or what `special` makes the speaker say."""

    text: str = ""
    delay: float = 0.0
    special: Callable[[Speaker], bytes] | None = None


class Frame(NamedTuple):
    """Bytes to write after `delay` seconds, and the tokens they carry."""

    delay: float
    payload: bytes
    tokens: tuple[str, ...] = ()
    is_last: bool = False


class Performance(NamedTuple):
    """A script ready to be played: frames are made as they are needed."""

    frames: Iterator[Frame]
    ending: Ending
    outcome: Outcome
    status: int | None


class Script(Protocol):
    """Anything a call can be answered with."""

    def perform(self, speaker: Speaker) -> Performance: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with status 200, streamed or whole as the caller asked."""

    steps: Iterable[Step]
    ending: Ending = Ending.COMPLETE
    is_sound: bool = True
    has_opening: bool = True
    pings_every: float = 0.0
    """Seconds between signs of life while the ending is silent; 0 for none."""
    shape: Callable[[bytes], Iterable[bytes]] | None = None
    """Turns each event's bytes into the pieces that are sent one by one."""
    instead: Callable[[Speaker], bytes] | None = None
    """The body in place of the reply when it is not streamed."""

    def perform(self, speaker: Speaker) -> Performance:
        is_whole = self.ending is Ending.COMPLETE and self.is_sound
        outcome = Outcome.COMPLETED if is_whole else Outcome.BROKEN
        frames = self._streamed if speaker.call.is_streaming else self._at_once
        return Performance(frames(speaker), self.ending, outcome, 200)

    def _within_limit(self, speaker: Speaker) -> Iterator[Step]:
        left = speaker.call.max_tokens
        for step in self.steps:
            left -= bool(step.text)
            if left < 0:
                return
            yield step

    def _streamed(self, speaker: Speaker) -> Iterator[Frame]:
        kind = ("content-type", "text/event-stream; charset=utf-8")
        own = (kind, ("cache-control", "no-cache"), ("transfer-encoding", "chunked"))
        opening = self._wrapped(speaker.opening()) if self.has_opening else b""
        yield Frame(0.0, head(200, (*own, *speaker.headers)) + opening)
        for step in self._within_limit(speaker):
            payload = step.special(speaker) if step.special else speaker.delta(step.text)
            tokens = (step.text,) if step.text else ()
            yield Frame(step.delay, self._wrapped(payload), tokens)
        if self.ending is Ending.COMPLETE:
            yield Frame(0.0, self._wrapped(speaker.closing()) + LAST_CHUNK, is_last=True)
        elif self.ending is Ending.UNFINISHED:
            yield Frame(0.0, LAST_CHUNK, is_last=True)
        while self.pings_every:
            yield Frame(self.pings_every, self._wrapped(speaker.ping()))

    def _wrapped(self, payload: bytes) -> bytes:
        return b"".join(map(chunk, self.shape(payload))) if self.shape else chunk(payload)

    def _at_once(self, speaker: Speaker) -> Iterator[Frame]:
        steps = list(self._within_limit(speaker))
        tokens = [step.text for step in steps if step.text]
        is_proper = self.ending in {Ending.COMPLETE, Ending.UNFINISHED}
        is_finished = self.ending is Ending.COMPLETE
        reply = speaker.reply(tokens, is_finished=is_finished)
        body = self.instead(speaker) if self.instead else to_json(reply)
        answer = whole(200, body, headers=speaker.headers)
        sent = len(answer) if is_proper else len(answer) - len(body)
        sent += len(body) // 2 if self.has_opening and not is_proper else 0
        delay = sum(step.delay for step in steps)
        yield Frame(delay, answer[:sent], tuple(tokens), is_last=is_proper)


def _one_answer(answer: bytes, outcome: Outcome, status: int) -> Performance:
    frame = Frame(0.0, answer, is_last=True)
    return Performance(iter([frame]), Ending.COMPLETE, outcome, status)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error status with the API's own kind of error body."""

    status: int
    message: str
    headers: Headers = ()

    def perform(self, speaker: Speaker) -> Performance:
        body = to_json(speaker.error(self.status, self.message))
        answer = whole(self.status, body, headers=(*speaker.headers, *self.headers))
        return _one_answer(answer, Outcome.REFUSED, self.status)


@dataclass(frozen=True, slots=True)
class Page:
    """Something that is no provider's answer at all, as from a gateway or a login portal."""

    status: int
    kind: str
    body: bytes

    def perform(self, speaker: Speaker) -> Performance:
        answer = whole(self.status, self.body, kind=self.kind, headers=speaker.headers)
        outcome = Outcome.REFUSED if self.status >= 400 else Outcome.BROKEN
        return _one_answer(answer, outcome, self.status)


@dataclass(frozen=True, slots=True)
class Mute:
    """The connection is accepted, the request read, and nothing is ever answered."""

    def perform(self, speaker: Speaker) -> Performance:
        return Performance(iter(()), Ending.SILENT, Outcome.BROKEN, None)


@dataclass(frozen=True, slots=True)
class Delayed:
    """Another script, begun later: not even its header fields come before."""

    script: Script
    seconds: float

    def perform(self, speaker: Speaker) -> Performance:
        performance = self.script.perform(speaker)
        frames = chain([Frame(self.seconds, b"")], performance.frames)
        return performance._replace(frames=frames)
