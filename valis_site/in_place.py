"""Django's middlewares without a hop to a thread for each of their halves.

In an asynchronous server Django runs `process_request` and `process_response` of each of its middlewares in
a thread, in case they wait for something. These do not, but where it is said, and so they run where the
request is: half the CPU of a small request was the way there and back.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from asgiref.sync import sync_to_async
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import set_script_prefix
from django.utils.deprecation import MiddlewareMixin

from valis_site.lent_threads import LentThread
from valis_site.static_serving import StaticFiles


class _InPlace(MiddlewareMixin):
    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        before: Callable[..., Any] | None = getattr(self, "process_request", None)
        after: Callable[..., Any] | None = getattr(self, "process_response", None)
        response = before(request) if before else None
        if response is None:
            response = await self.get_response(request)  # type: ignore[misc]
        if after and self.may_wait_after(request):
            response = await sync_to_async(after)(request, response)
        elif after:
            response = after(request, response)
        answered: HttpResponseBase = response
        return answered

    def may_wait_after(self, request: HttpRequest) -> bool:
        """Whether `process_response` would ask the database."""
        return False


class Security(_InPlace, SecurityMiddleware):
    pass


class ContentPolicy(_InPlace, CSPMiddleware):
    pass


class Common(_InPlace, CommonMiddleware):
    pass


class Authentication(_InPlace, AuthenticationMiddleware):
    pass


class XFrameOptions(_InPlace, XFrameOptionsMiddleware):
    pass


class Sessions(_InPlace, SessionMiddleware):
    def may_wait_after(self, request: HttpRequest) -> bool:
        return bool(request.session.modified or settings.SESSION_SAVE_EVERY_REQUEST)


class Messages(_InPlace, MessageMiddleware):
    def may_wait_after(self, request: HttpRequest) -> bool:
        messages = getattr(request, "_messages", None)
        return messages is not None and (messages.used or messages.added_new)


class Csrf(_InPlace, CsrfViewMiddleware):
    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if self.async_mode:
            self.check = super().process_view
            self.process_view = self._check_in_place  # type: ignore[method-assign, assignment]

    async def _check_in_place(self, request: HttpRequest, *view: Any) -> Any:
        # The token of a form with files is among them, which takes a while to find.
        is_upload = (request.content_type or "").startswith("multipart/")
        return await sync_to_async(self.check)(request, *view) if is_upload else self.check(request, *view)


_INSTEAD: dict[type, type] = {
    each.__bases__[-1]: each
    for each in (
        *(Security, StaticFiles, ContentPolicy, Sessions, Common, Csrf),
        *(Authentication, Messages, XFrameOptions),
    )
}
IN_PLACE = {f"{theirs.__module__}.{theirs.__name__}": f"{ours.__module__}.{ours.__name__}"
            for theirs, ours in _INSTEAD.items()}  # fmt: skip


class Handler(ASGIHandler):
    """Django's handler. The settings list Django's own names, because its deployment checks go by them."""

    def load_middleware(self, is_async: bool = False) -> None:
        listed = settings.MIDDLEWARE
        settings.MIDDLEWARE = [IN_PLACE.get(name, name) for name in listed]
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = listed

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        async with LentThread():
            await self.handle(scope, receive, send)

    async def handle(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As Django's, which goes to a thread to tell that a request begins, and again that it is over.

        Those who listen look after the connections of the thread they are called in. Here it has none;
        those of lent threads are looked after where they come back.
        """
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=self.__class__, scope=scope)
            request, refusal = self.create_request(scope, body)
            if refusal is not None:
                await self.send_response(refusal, send)
                refusal.close()
                return
            answering = asyncio.ensure_future(self._answer(request, send))
            leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            for each in (leaving, answering):
                each.cancel()  # where it is not over: a view may look to its end
            with suppress(asyncio.CancelledError, RequestAborted):
                await leaving
            try:
                response = await answering
            except asyncio.CancelledError:
                request_finished.send(sender=self.__class__)
                return
            # What streams may have to be ended in the thread that it came from.
            await sync_to_async(response.close)() if response.streaming else response.close()

    async def _answer(self, request: Any, send: Any) -> Any:
        response = await self.run_get_response(request)
        with suppress(asyncio.CancelledError):  # the caller has gone meanwhile
            await self.send_response(response, send)
        return response
