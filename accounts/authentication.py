"""Who asks an API: a browser's login with its CSRF token, or the key of a program."""

from typing import Any

from django.http import HttpRequest
from ninja import security

from accounts.keys import is_bearer, key_of_bearer
from accounts.models import ApiKey, User
from core.errors import NotSignedIn
from core.threads import in_database_thread

API_PATHS = ("/api/", "/v1/")
"""Keys are for these; pages know logins alone."""


def identify(request: HttpRequest) -> User | ApiKey | None:
    """The key or the person that asks, looked up once for each request. Raises `NotSignedIn`.

    A request that carries a key is never taken for its cookie's: a key that is not valid is refused.
    """
    if not hasattr(request, "asking"):
        request.asking = _look_up(request)  # type: ignore[attr-defined]
    asking: User | ApiKey | None = request.asking  # type: ignore[attr-defined]
    return asking


def _look_up(request: HttpRequest) -> User | ApiKey | None:
    header = request.headers.get("Authorization", "")
    if not is_bearer(header) or not request.path.startswith(API_PATHS):
        return request.user if isinstance(request.user, User) else None
    key = key_of_bearer(header)
    if key is None:
        raise NotSignedIn("This API key is not valid, or not any more.", code="key_not_valid")
    request.user = key.owner
    return key


class KeyAuth(security.HttpBearer):
    """`Authorization: Bearer valis_…`"""

    def __call__(self, request: HttpRequest) -> ApiKey | None:
        return self.authenticate(request, request.headers.get("Authorization", ""))

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        asking = identify(request)
        return asking if isinstance(asking, ApiKey) else None


class SessionAuth(security.SessionAuth):
    """A login, which has to be there before its CSRF token is asked for."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if identify(request) else None


LOGIN_OR_KEY = (KeyAuth(), SessionAuth())


class AsyncLoginOrKey:
    """The same for operations that are coroutines, in one of the threads that keep their connections."""

    async def __call__(self, request: HttpRequest) -> ApiKey | User | None:
        if hasattr(request, "asking"):
            return self._who_asks(request)
        return await in_database_thread(self._who_asks, request)

    @staticmethod
    def _who_asks(request: HttpRequest) -> ApiKey | User | None:
        found = (authenticate(request) for authenticate in LOGIN_OR_KEY)
        return next((each for each in found if each), None)
