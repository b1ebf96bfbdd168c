"""A part of a page that is asked for after the login has ended."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django_htmx.http import HttpResponseClientRedirect


@sync_and_async_middleware
def whole_page_to_login(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: htmx would follow the redirect and put the login page where the part belongs."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _for_whole_page(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _for_whole_page(request, get_response(request))

    return answer


def _for_whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    is_part = request.headers.get("HX-Request") == "true"
    if not (is_part and response.headers.get("Location", "").startswith(f"{settings.LOGIN_URL}?")):
        return response
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    come_back = f"{page.path}?{page.query}" if page.query else page.path
    return HttpResponseClientRedirect(redirect_to_login(come_back).url)
