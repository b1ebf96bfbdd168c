"""From where a request comes: its address, also behind a proxy that is listed, and its client program."""

import ipaddress
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

MAX_CLIENT = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """`address` is empty where there is none, as for a command or a task.

    `request` is the page's or the API's.
    """

    address: str = ""
    client: str = ""
    request: HttpRequest | None = field(default=None, compare=False, repr=False)


_NOBODY = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


def current_caller() -> Caller:
    return _caller.get()


def start_call(caller: Caller) -> None:
    """Whatever is done in this context from now on is done for this caller."""
    _caller.set(caller)


def call_over_socket(scope: Mapping[str, Any], *, forwarded: str, client: str) -> None:
    """`start_call` for an ASGI scope and two of its headers."""
    peer = (scope.get("client") or ("",))[0]
    start_call(Caller(client_address(peer, forwarded), client[:MAX_CLIENT]))


def client_address(peer: str, forwarded: str) -> str:
    """The address of the client, given who is connected and the header `X-Forwarded-For`.

    The header is believed only as far as listed proxies wrote it: from its end, up to the first address
    that is none of theirs.
    """
    address = peer
    for hop in [each.strip() for each in reversed(forwarded.split(",")) if each.strip()]:
        if not is_trusted_proxy(address) or not _is_address(hop):
            break
        address = hop
    return address


def is_trusted_proxy(address: str) -> bool:
    if not settings.VALIS_TRUSTED_PROXIES or not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _networks(tuple(settings.VALIS_TRUSTED_PROXIES)))


@sync_and_async_middleware
def caller_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: puts the client's address into `REMOTE_ADDR`, and drops what a stranger says of proxies."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            _start(request)
            response: HttpResponseBase = await get_response(request)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        _start(request)
        response: HttpResponseBase = get_response(request)
        return response

    return answer


def _start(request: HttpRequest) -> None:
    peer = request.META.get("REMOTE_ADDR", "")
    if not is_trusted_proxy(peer):
        request.META.pop("HTTP_X_FORWARDED_PROTO", None)
    address = client_address(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
    request.META["REMOTE_ADDR"] = address
    start_call(Caller(address, request.META.get("HTTP_USER_AGENT", "")[:MAX_CLIENT], request))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def _networks(listed: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in listed)
