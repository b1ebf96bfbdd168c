"""What a provider's base URL may lead to: the public internet, and the local servers the operator lists.

A name leads wherever its owner wants, and elsewhere a second later. So the address is looked at
when a socket is opened for it, and nothing else is ever connected to.
"""

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from providers.local_servers import local_servers
from providers.networks import is_public, parsed_address

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""What `socket.getaddrinfo` says of one address."""

_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


class AddressRefused(OSError):
    """The address may not be called; nothing was sent."""


class Egress:
    """The way out to one base URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = (parts.hostname or "").removesuffix(".")
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        listed = local_servers(tuple(settings.VALIS_LOCAL_PROVIDERS))
        self.is_listed = any(each.covers(self._host, self._port) for each in listed)

    @property
    def why_refused(self) -> str:
        """Why the URL would not be called, as far as can be said without looking up a name; or ''."""
        return "" if self.is_listed or not self._is_plainly_local() else self._refusal

    @property
    def _refusal(self) -> str:
        place = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        return f"{place} is not on the public internet, nor among the servers of VALIS_LOCAL_PROVIDERS"

    def _is_plainly_local(self) -> bool:
        address = parsed_address(self._host)
        if address is None:
            return "." not in self._host or self._host.endswith(_LOCAL_ENDINGS)
        return not is_public(address)

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """A socket for this very address. Raises `AddressRefused`."""
        family, kind, protocol, _, (host, *_) = info
        address = parsed_address(host)
        if address is None or not (self.is_listed or is_public(address)):
            raise AddressRefused(self._refusal)
        if settings.VALIS_LOOPBACK_ONLY and not address.is_loopback:
            raise AddressRefused(f"{self._host} is not on this machine (VALIS_LOOPBACK_ONLY)")
        return socket.socket(family, kind, protocol)

    async def knock(self) -> None:
        """Connect and hang up. Raises `OSError` when nobody is there, or the address may not be called."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        problem = OSError(f"{self._host} has no address")
        for info in found:
            try:
                with self.open_socket(info) as visitor:
                    visitor.setblocking(False)
                    await loop.sock_connect(visitor, info[4])
            except OSError as error:
                problem = error
            else:
                return
        raise problem
