"""Many requests at once over connections that stay open, by the plainest client there is."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.percentiles import percentile


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load; milliseconds."""

    count: int
    per_second: float
    p50: float
    p95: float
    failed: int


def request(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def load(port: int, message: bytes, *, at_once: int, seconds: float) -> Load:
    """The same request over and over on `at_once` connections."""
    times: list[float] = []
    failed = 0
    ends_at = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (started := time.perf_counter()) < ends_at:
            writer.write(message)
            status = await _answer(reader)
            times.append((time.perf_counter() - started) * 1000)
            failed += status >= 400
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    took = time.perf_counter() - started
    return Load(len(times), len(times) / took, percentile(times, 0.5), percentile(times, 0.95), failed)


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole; gives its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").lower()
    status = int(head.split(" ", 2)[1])
    if "content-length:" in head:
        await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
    elif "chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return status
