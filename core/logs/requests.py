"""Middleware: one line for each HTTP request, by its route: a path may name things, a query says more."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from core.metrics import SHORT_SECONDS, counter, histogram

logger = structlog.stdlib.get_logger(__name__)

REQUESTS = counter("requests", "HTTP requests answered", "method", "status")
SECONDS = histogram("request_seconds", "Time to the head of an answer", buckets=SHORT_SECONDS)
QUIET_ROUTES = {"health", "ready", "metrics", "api/health", "api/ready", "api/live"}
"""Asked every few seconds, by machines."""
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@sync_and_async_middleware
def request_line_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            started = time.perf_counter()
            return _noted(request, await get_response(request), started)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        return _noted(request, get_response(request), started)

    return answer


def _noted(request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
    seconds = time.perf_counter() - started
    method = request.method if request.method in _METHODS else "other"
    # Without a route it is a static file, or nothing at all.
    route = request.resolver_match.route if request.resolver_match else ""
    is_quiet = not route or route in QUIET_ROUTES
    say = logger.debug if is_quiet and response.status_code < 400 else logger.info
    say(
        "request",
        method=method,
        route=route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        user=_known_user_id(request),
    )
    REQUESTS.labels(method, response.status_code).inc()
    SECONDS.observe(seconds)
    return response


def _known_user_id(request: HttpRequest) -> object:
    """Who asked, where the answer needed to know; the log makes no query of its own."""
    known = vars(request)
    user = known.get("user")
    if isinstance(user, SimpleLazyObject):
        user = known.get("_cached_user") or known.get("_acached_user")
    return getattr(user, "pk", None)
