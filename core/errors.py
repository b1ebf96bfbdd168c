"""The one error tree of VALIS; every door turns it into the same form (AC-6).

ValisError
├── InvalidInput   400   the request itself is wrong
├── NotSignedIn    401
├── NotAllowed     403
├── NotFound       404   also for what belongs to somebody else
├── Conflict       409   it contradicts what is already stored
├── TooLarge       413
├── TooManyRequests 429
└── Unavailable    503   VALIS cannot do it now; repeating it is safe
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone

from core.request_id import current_request_id


class ValisError(Exception):
    """An error a person may read: `code` is for programs, `message` for people."""

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details = details


class InvalidInput(ValisError):
    status = 400
    default_code = "invalid_input"


class NotSignedIn(ValisError):
    status = 401
    default_code = "not_signed_in"


class NotAllowed(ValisError):
    status = 403
    default_code = "not_allowed"


class NotFound(ValisError):
    status = 404
    default_code = "not_found"


class Conflict(ValisError):
    status = 409
    default_code = "conflict"


class TooLarge(ValisError):
    status = 413
    default_code = "too_large"


class TooManyRequests(ValisError):
    status = 429
    default_code = "too_many_requests"


class Unavailable(ValisError):
    status = 503
    default_code = "unavailable"


def error_body(code: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The form every error takes on the API and the sockets."""
    return {
        "code": code,
        "message": message,
        "details": dict(details or {}),
        "request_id": current_request_id(),
        "timestamp": timezone.now().isoformat(),
    }
