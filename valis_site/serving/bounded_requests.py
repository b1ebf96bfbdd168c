"""Requests that are far too large are refused while they come: Daphne would write them to disk first."""

import json
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings

from core.errors import error_body

MOST_BYTES = 4 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
"""Up to here what is too large is told of by those who read it, in their own words."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    _received = 0
    _is_refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  (Twisted's name)
        super().gotLength(length)
        if length and length > MOST_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  (Twisted's name)
        self._received += len(data)
        if self._received > MOST_BYTES:
            self._refuse()
        elif not self._is_refused:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        if not self._is_refused:
            self._is_refused = True
            self.channel.transport.write(_refusal())
            self.channel.loseConnection()


class BoundedFactory(HTTPFactory):  # type: ignore[misc]
    def buildProtocol(self, address: Any) -> Any:  # noqa: N802  (Twisted's name)
        protocol = super().buildProtocol(address)
        protocol.requestFactory = BoundedRequest
        return protocol


def _refusal() -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    told = error_body("too_large", f"A request has {limit:,} bytes at most.", {"limit": limit})
    body = json.dumps(told, default=str).encode()
    return (
        b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    )
