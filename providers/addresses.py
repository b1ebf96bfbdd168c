"""Where a provider may live: what a base URL has to look like, and whether it is this machine."""

import ipaddress
import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from providers.egress import Egress

# The SDKs raise on anything odder than this, and only when the first call is made.
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.IGNORECASE)
_PLACE = re.compile(r"(\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^\[\]:]+))(:[0-9]+)?", re.IGNORECASE)
_ENDS_IN_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)


def check_address(url: str) -> None:
    """Raises `ValidationError` with what is wrong about a base URL, or why it would not be called."""
    check_form(url)
    if reason := Egress(url).why_refused:
        raise ValidationError(f"{reason}.")


def check_form(url: str) -> None:
    """Raises `ValidationError` when this is not a base URL at all."""
    if "\\" in url or not all("!" <= character <= "~" for character in url):
        raise ValidationError("A URL has no spaces and no special letters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValidationError(f"This is no URL: {error}.") from None
    if parts.scheme not in {"http", "https"}:
        raise ValidationError("The URL has to begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise ValidationError("Put the key into its own field, not into the URL.")
    if port == 0 or not _is_place(parts.netloc):
        raise ValidationError("The URL has no usable host name.")
    if parts.query or parts.fragment:
        raise ValidationError("The URL must end with its path; leave out what follows ? or #.")


def _is_place(netloc: str) -> bool:
    place = _PLACE.fullmatch(netloc)
    if place is None or len(netloc) > 250:
        return False
    try:
        if place["six"] is not None:
            ipaddress.IPv6Address(place["six"])
        elif _ENDS_IN_NUMBER.fullmatch(place["host"]):
            ipaddress.IPv4Address(place["host"])
        else:
            place["host"].encode().decode("idna")
            return _NAME.fullmatch(place["host"]) is not None
    except ValueError:
        return False
    return True


def is_loopback(url: str) -> bool:
    """Whether the URL names this machine, without asking a name server."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
