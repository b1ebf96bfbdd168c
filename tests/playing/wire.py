"""As much of HTTP/1.1 as the clients of a model provider use."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 64 * 1024 * 1024
LAST_CHUNK = b"0\r\n\r\n"

Headers = tuple[tuple[str, str], ...]


class RequestError(Exception):
    """What came cannot be answered; `status` is what to say before closing."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_last(self) -> bool:
        """Whether the client wants the connection closed afterwards."""
        return self.headers.get("connection", "").lower() == "close"


def take_request(buffer: bytearray) -> Request | None:
    """Cut the first request out of the buffer, or None while it is not all there."""
    end_of_head = buffer.find(b"\r\n\r\n")
    if end_of_head < 0:
        if len(buffer) > HEAD_LIMIT:
            raise RequestError(431, "the header fields are too large")
        return None
    first_line, *lines = buffer[:end_of_head].decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in map(_field, lines)}
    start = end_of_head + 4
    end = start + _body_length(headers)
    if len(buffer) < end:
        return None
    body = bytes(buffer[start:end])
    del buffer[:end]
    method, target = _request_line(first_line)
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, body)


def _field(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _request_line(line: str) -> tuple[str, str]:
    match line.split(" "):
        case [method, target, "HTTP/1.1"]:
            return method, target
    raise RequestError(400, "this is not an HTTP/1.1 request")


def _body_length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise RequestError(411, "send the body with a Content-Length")
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise RequestError(400, "the Content-Length is not a number")
    if int(length) > BODY_LIMIT:
        raise RequestError(413, "the body is too large")
    return int(length)


def head(status: int, headers: Headers) -> bytes:
    """The status line and the header fields, with the empty line after them."""
    known = status in HTTPStatus.__members__.values()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase if known else 'Other'}"]
    lines += [f"{name}: {value}" for name, value in (("date", formatdate(usegmt=True)), *headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(payload: bytes) -> bytes:
    """One piece of a body whose length is not known in advance."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def whole(status: int, body: bytes, *, kind: str = "application/json", headers: Headers = ()) -> bytes:
    """A complete answer."""
    own = (("content-type", kind), ("content-length", str(len(body))))
    return head(status, (*own, *headers)) + body
