"""What pages may do: the content security policy of admin, and the browser's features for all of them."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

_PREFIX = "/admin/"
_WHAT_THE_THEME_NEEDS = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
# Pages use none of these, so neither may a script that slipped in.
_SWITCHED_OFF = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer"),
        *("microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
    )
)


@sync_and_async_middleware
def page_policies(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: under `/admin/`, and nowhere else, inline styles and Alpine's eval are allowed."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _with_policies(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _with_policies(request, get_response(request))

    return answer


def _with_policies(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Permissions-Policy", _SWITCHED_OFF)
    if request.path.startswith(_PREFIX):
        vars(response)["_csp_replace"] = _WHAT_THE_THEME_NEEDS
    return response
