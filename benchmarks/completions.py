"""Whole replies over `/v1/chat/completions`, direct and through VALIS: how many a second, at what cost.

    python -m benchmarks.completions [--mode production] [--at-once 1 8 32] [--seconds 8]

The client keeps its connections open, as SDKs do, and asks again as soon as it is answered. CPU is that of
the processes of VALIS; provider, client, PostgreSQL and Redis run on the same machine and are not counted.
Each reply is checked, and so is that each has its row in the ledger.
"""

import argparse
import asyncio
import json
import statistics
import time

from benchmarks.percentiles import percentile
from benchmarks.processes import MODEL, MODES, playing_provider, running_valis

REPLY = "Something short, I think."
_COUNT = "from usage.models import Call; print(Call.objects.filter(outcome='answered').count())"


class Client:
    """The plainest client there is: one connection, one request after the other."""

    def __init__(self, port: int, *, model: str, key: str) -> None:
        self._port = port
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Go."}]}).encode()
        self._request = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def ask_until(self, ends_at: float) -> list[float]:
        """Seconds of each reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        took: list[float] = []
        while (began := time.perf_counter()) < ends_at:
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"
            )
            answer = json.loads(await reader.readexactly(length))
            assert answer["choices"][0]["message"]["content"] == REPLY, answer
            took.append(time.perf_counter() - began)
        writer.close()
        return took


async def ask(port: int, *, model: str, key: str, at_once: int, seconds: float) -> list[float]:
    ends_at = time.perf_counter() + seconds
    clients = [Client(port, model=model, key=key) for _ in range(at_once)]
    rounds = await asyncio.gather(*(client.ask_until(ends_at) for client in clients))
    return [each for took in rounds for each in took]


def line(name: str, took: list[float], *, at_once: int, seconds: float, cpu: str = "") -> str:
    return (
        f"| {name} | {at_once} | {len(took) / seconds:.0f} | {statistics.median(took) * 1000:.1f} "
        f"| {percentile(took, 0.95) * 1000:.1f} | {cpu} |"
    )


async def run(mode: str, at_once: list[int], seconds: float) -> None:
    with (
        playing_provider(f"say:{REPLY}") as provider,
        running_valis(mode, provider_port=provider) as valis,
    ):
        key = valis.printed("api_key", "create", "demo", "--name", "benchmark", "--scope", "chat")
        answered = len(await ask(valis.port, model="jane", key=key, at_once=4, seconds=2))
        print("| | at once | a second | p50 ms | p95 ms | CPU ms each |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for number in at_once:
            direct = await ask(provider, model=MODEL, key="sk-x", at_once=number, seconds=seconds / 2)
            print(line("direct", direct, at_once=number, seconds=seconds / 2))
            before = valis.cpu_seconds()
            took = await ask(valis.port, model="jane", key=key, at_once=number, seconds=seconds)
            cpu = f"{(valis.cpu_seconds() - before) / len(took) * 1000:.1f}"
            print(line("VALIS", took, at_once=number, seconds=seconds, cpu=cpu), flush=True)
            answered += len(took)
        in_ledger = int(valis.told(_COUNT))
        print(f"\n{answered} replies, {in_ledger} rows in the ledger")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default="embedded")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=8)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.mode, arguments.at_once, arguments.seconds))
