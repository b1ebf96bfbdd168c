"""How often a stream is read: at once at first, then in beats that grow longer under load.

The first pieces of a reply are waited for by somebody; and a short one is over with them.

Each read costs the same whether it brings one token or ten. What arrives between two beats waits in
the socket's buffer, so nothing is lost and the provider is held back by TCP itself.
"""

import asyncio
from typing import Self

BEAT = 0.03
LONGEST_BEAT = 0.25
_PER_STREAM = 0.00125
_READ_AT_ONCE = 3

_open_streams = 0


class Pace:
    """The beat of one stream; use it as a context manager around its reading."""

    def __init__(self) -> None:
        self._reads = 0

    def __enter__(self) -> Self:
        global _open_streams  # noqa: PLW0603
        _open_streams += 1
        return self

    def __exit__(self, *_: object) -> None:
        global _open_streams  # noqa: PLW0603
        _open_streams -= 1

    async def beat(self) -> None:
        self._reads += 1
        if self._reads < _READ_AT_ONCE:
            return
        await asyncio.sleep(min(LONGEST_BEAT, max(BEAT, _PER_STREAM * _open_streams)))
