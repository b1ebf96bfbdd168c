"""How often somebody may ask: a person, a program with its key, or an address with neither."""

import ipaddress

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest

from accounts.authentication import identify
from accounts.models import ApiKey, User
from core.callers import current_caller
from core.errors import NotSignedIn, TooManyRequests
from core.rates import Allowance, count


def count_request(request: HttpRequest) -> Allowance | None:
    """Count a request for whoever asks. None when it is not limited."""
    if request.method == "POST" and request.path == str(settings.LOGIN_URL):
        return count(f"login:{_network()}", limit=settings.VALIS_RATE_LOGIN)
    try:
        return count_for(identify(request))
    except NotSignedIn:
        return count_for(None)
    except DatabaseError:  # the door itself says so, in its own form
        return None


def count_for(asking: User | ApiKey | None) -> Allowance | None:
    if isinstance(asking, ApiKey):
        own = asking.requests_per_minute
        return count(f"key:{asking.pk}", limit=settings.VALIS_RATE_KEY if own is None else own)
    if asking is not None:
        return count(f"person:{asking.pk}", limit=settings.VALIS_RATE_PERSON)
    return count(f"address:{_network()}", limit=settings.VALIS_RATE_ADDRESS)


def check_rate(asking: User | ApiKey) -> None:
    """Count one action over a socket. Raises `TooManyRequests`."""
    allowance = count_for(asking)
    if allowance and allowance.is_exceeded:
        raise TooManyRequests(allowance.advice, retry_after=allowance.resets_in)


def _network() -> str:
    """The address of the caller; of IPv6 the part that is one customer's, who has many addresses."""
    text = current_caller().address
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text
