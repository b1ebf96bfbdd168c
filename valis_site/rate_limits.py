"""Nobody asks too often: the middleware that counts requests, and refuses those that are too many."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from accounts.rates import count_request
from core.rates import Allowance
from core.threads import in_database_thread
from valis_site.failures import too_many_requests

UNCOUNTED = {"/health", "/ready", "/metrics", "/api/health", "/api/ready", "/api/live"}
"""What watches over VALIS is never refused. Static files do not come this far."""


@sync_and_async_middleware
def rate_limits(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware. It finds out who asks, once for all that comes after it."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            if request.path in UNCOUNTED:
                return await get_response(request)  # type: ignore[no-any-return]
            allowance = await in_database_thread(count_request, request)
            if allowance and allowance.is_exceeded:
                return _told(too_many_requests(request, allowance), allowance)
            return _told(await get_response(request), allowance)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.path in UNCOUNTED:
            return get_response(request)  # type: ignore[no-any-return]
        allowance = count_request(request)
        if allowance and allowance.is_exceeded:
            return _told(too_many_requests(request, allowance), allowance)
        return _told(get_response(request), allowance)

    return answer


def _told(response: HttpResponseBase, allowance: Allowance | None) -> HttpResponseBase:
    for name, value in allowance.headers.items() if allowance else ():
        response.headers[name] = value
    return response
