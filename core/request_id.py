"""One id that follows a request through everything it causes."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_request_id() -> str:
    return _request_id.get() or start_request()


def known_request_id() -> str:
    """The id of the request that this is part of; '' outside of all requests."""
    return _request_id.get()


def start_request(offered: str = "") -> str:
    """Begin a new request in this context; an id the caller offers is kept if it is well formed."""
    request_id = offered if _ACCEPTED.fullmatch(offered) else uuid.uuid4().hex
    _request_id.set(request_id)
    return request_id


@sync_and_async_middleware
def request_id_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: gives each HTTP request an id and returns it as `X-Request-ID`."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            request_id = start_request(request.headers.get("X-Request-ID", ""))
            return _named(await get_response(request), request_id)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        request_id = start_request(request.headers.get("X-Request-ID", ""))
        return _named(get_response(request), request_id)

    return answer


def _named(response: HttpResponseBase, request_id: str) -> HttpResponseBase:
    response.headers["X-Request-ID"] = request_id
    return response
