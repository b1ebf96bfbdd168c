"""Who is behind a socket, and whether its page is one of ours."""

from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from accounts.keys import is_bearer, key_of_bearer
from accounts.logins import login_of
from accounts.models import ApiKey, User
from accounts.open_sockets import OpenSocket, watched
from accounts.rates import count_for
from accounts.rights import Right
from core.callers import call_over_socket
from core.request_id import start_request
from core.threads import in_database_thread

NOT_ALLOWED, TOO_MANY = 4403, 4429

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def user_of_login(session_key: str) -> User | None:
    """The person a login session belongs to, while the login and the account are valid."""
    login = SessionStore(session_key).load()
    if BACKEND_SESSION_KEY not in login:
        return None
    user = User.objects.filter(pk=login[SESSION_KEY], is_active=True).first()
    if user is None:
        return None
    kept_hash = str(login.get(HASH_SESSION_KEY, ""))
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(kept_hash, each) for each in hashes) else None


def _header(scope: dict[str, Any], name: bytes) -> str:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), "")


def _session_key(scope: dict[str, Any]) -> str:
    try:
        cookie = SimpleCookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def is_own_origin(origin: str, host: str, *, is_secure: bool) -> bool:
    """Whether a page of this origin may open sockets: the server's own origin, or a listed one."""
    own = f"{'https' if is_secure else 'http'}://{host}"
    return _normal(origin) in {_normal(each) for each in (own, *settings.VALIS_ORIGINS)}


def _normal(origin: str) -> tuple[str, str, int] | str:
    """Scheme, host and port; a text that has anything else is no origin, and equal to none."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return origin
    is_origin = parts.hostname and "@" not in parts.netloc and not parts.path.strip("/")
    return (parts.scheme, parts.hostname.lower(), port) if is_origin and parts.hostname else origin


class SignedInSockets:
    """ASGI middleware: refuses sockets of foreign pages, and puts who asks into the scope.

    `asking` is a person or a key, `user` the person behind it. Both are None when nobody is logged in;
    the consumer says so with a closing code of its own. A socket whose login or key ends while it is open
    is closed.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        start_request(_header(scope, b"x-request-id"))
        call_over_socket(
            scope,
            forwarded=_header(scope, b"x-forwarded-for"),
            client=_header(scope, b"user-agent"),
        )
        if not _may_knock(scope):
            await send({"type": "websocket.close", "code": NOT_ALLOWED})
            return
        session_key = _session_key(scope)
        asking, refusal = await in_database_thread(_who_asks, _bearer(scope), session_key)
        if refusal:
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": refusal})
            return
        user = asking.owner if isinstance(asking, ApiKey) else asking
        scope = {**scope, "user": user, "asking": asking, "session_key": session_key}
        if asking is None:
            await self.application(scope, receive, send)
            return
        socket = OpenSocket(login_of(asking, session_key), receive, send)
        async with watched(socket):
            await self.application(scope, socket.receive, socket.send)


def _who_asks(bearer: str, session_key: str) -> tuple[User | ApiKey | None, int]:
    """Who opens a socket, and with which code it is closed again at once, or 0."""
    asking = key_of_bearer(bearer) if bearer else user_of_login(session_key) if session_key else None
    allowance = count_for(asking)
    if allowance and allowance.is_exceeded:
        return asking, TOO_MANY
    return asking, NOT_ALLOWED if asking and not asking.may(Right.CHAT) else 0


def _may_knock(scope: dict[str, Any]) -> bool:
    """Pages have to be ours. What carries a key is no page: browsers cannot send that header here."""
    host = _header(scope, b"host")
    is_own = _bearer(scope) or is_own_origin(_header(scope, b"origin"), host, is_secure=_is_secure(scope))
    return bool(is_own) and _is_allowed_host(host)


def _bearer(scope: dict[str, Any]) -> str:
    header = _header(scope, b"authorization")
    return header if is_bearer(header) else ""


def _is_secure(scope: dict[str, Any]) -> bool:
    """Behind a web server that ends TLS, the socket itself is a plain one."""
    return settings.VALIS_HTTPS or scope.get("scheme") == "wss"


def _is_allowed_host(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
