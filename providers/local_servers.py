"""The servers beside the public internet that the operator lets providers be at (`VALIS_LOCAL_PROVIDERS`)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from providers.networks import parsed_address

_ENTRY = re.compile(r"(\[(?P<six>[^\[\]]+)\]|(?P<host>[^\[\]:]+))(:(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_LOOKS_LIKE_AN_ADDRESS = re.compile(r".*/.*|[0-9.]+")


@dataclass(frozen=True, slots=True)
class LocalServer:
    """One entry: a name or a network, at one port or at any."""

    place: str | IPv4Network | IPv6Network
    port: int | None

    def covers(self, host: str, port: int) -> bool:
        """Whether a URL with this host and port is meant. A name is matched as it is written."""
        if self.port not in {None, port}:
            return False
        if isinstance(self.place, str):
            return self.place == host
        address = parsed_address(host)
        return address is not None and address in self.place


@lru_cache(maxsize=4)
def local_servers(entries: tuple[str, ...]) -> list[LocalServer]:
    """Raises `ValueError` with the entry that cannot be read."""
    return [_local_server(entry.strip()) for entry in entries]


def _local_server(entry: str) -> LocalServer:
    parts = _ENTRY.fullmatch(entry)
    if parts is None or (parts["port"] and not 0 < int(parts["port"]) < 65536):
        raise ValueError(f"{entry!r} is not a host or a network, with a port or without")
    port = int(parts["port"]) if parts["port"] else None
    host = (parts["six"] or parts["host"]).lower()
    if parts["six"] or _LOOKS_LIKE_AN_ADDRESS.fullmatch(host):
        try:
            return LocalServer(ip_network(host), port)
        except ValueError as error:
            raise ValueError(f"{entry!r} is not a network: {error}") from None
    if not _NAME.fullmatch(host):
        raise ValueError(f"{entry!r} is not a host name")
    return LocalServer(host, port)
