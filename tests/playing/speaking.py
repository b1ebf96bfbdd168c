"""What a form of provider API has to be able to say, in bytes as they go over the wire."""

import json
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from tests.playing.ledger import Call
from tests.playing.wire import Headers

_encode_readable = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_escaped = json.JSONEncoder(separators=(",", ":")).encode


def to_json(value: object) -> bytes:
    """JSON in raw UTF-8 as providers send it; escaped only where UTF-8 could not carry it."""
    try:
        return _encode_readable(value).encode()
    except UnicodeEncodeError:
        return _encode_escaped(value).encode()


class Speaker(ABC):
    """Answers one call in the words of one provider API."""

    form: ClassVar[str]
    request_id_header: ClassVar[str]
    error_types: ClassVar[dict[int, str]]
    """Status to the API's own name for it; others are server errors."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.created = int(time.time())

    @property
    def headers(self) -> Headers:
        return ((self.request_id_header, f"req_{self.call.id:08d}"),)

    @property
    def is_cut_by_limit(self) -> bool:
        return self.call.tokens_out >= self.call.max_tokens

    @abstractmethod
    def opening(self) -> bytes:
        """What comes before the first token."""

    @abstractmethod
    def delta(self, text: str) -> bytes:
        """The event that carries the next piece of text."""

    @abstractmethod
    def closing(self) -> bytes:
        """All that comes after the last token, terminal event included."""

    @abstractmethod
    def ping(self) -> bytes:
        """A sign of life that carries no text."""

    @abstractmethod
    def unknown(self) -> bytes:
        """Events a client of today has never heard of and has to pass over."""

    @abstractmethod
    def broken(self) -> bytes:
        """An event whose JSON stops in the middle."""

    @abstractmethod
    def failure(self) -> bytes:
        """The error object of a reply that fails after it began, as a body."""

    @abstractmethod
    def failure_event(self) -> bytes:
        """The same as an event of a stream."""

    @abstractmethod
    def reply(self, tokens: list[str], *, is_finished: bool) -> dict[str, Any]:
        """A whole reply that is not streamed; without its stop reason unless finished."""

    @abstractmethod
    def error(self, status: int, message: str) -> dict[str, Any]:
        """The body that goes with an error status."""
