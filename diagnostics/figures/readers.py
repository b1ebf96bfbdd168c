"""Who may read the figures."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from core.errors import NotAllowed, NotSignedIn

_SENT_BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def check_reader(request: HttpRequest) -> None:
    """Raises `NotSignedIn` or `NotAllowed`.

    Without a token only this machine may read, and only without a proxy: behind one on the same
    machine everybody would come from here.
    """
    if token := settings.VALIS_METRICS_TOKEN:
        scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(offered.encode(), token.encode()):
            raise NotSignedIn("Send the token: Authorization: Bearer …")
        return
    is_forwarded = any(name in request.headers for name in _SENT_BY_PROXIES)
    if is_forwarded or not _is_this_machine(request.META.get("REMOTE_ADDR", "")):
        raise NotAllowed("Metrics are for this machine only, unless VALIS_METRICS_TOKEN is set.")


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
