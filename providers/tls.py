"""The certificates that encrypted connections are checked against."""

import ssl
from functools import lru_cache


@lru_cache(maxsize=1)
def shared_tls() -> ssl.SSLContext:
    """One context for all clients: reading the certificates takes 20 ms and a megabyte each time."""
    import httpx2  # noqa: PLC0415  (it takes long, and not every process needs it)

    return httpx2.create_ssl_context()
