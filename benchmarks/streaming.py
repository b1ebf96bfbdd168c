"""Streaming chats over the socket, direct and through VALIS in turn.

    python -m benchmarks.streaming [--mode production] [--streams 1 10 50 100 200] [--tokens 500] [--rate 50]

"added" is the first token through VALIS minus the first token direct, at the same percentile. Streams of a
round begin 50 ms apart and, at 500 tokens, all run together for a while. CPU and memory are those of the
processes of VALIS; provider, client, PostgreSQL and Redis run on the same machine and are not counted.
"""

import argparse
import asyncio
import statistics
from contextlib import AsyncExitStack

from benchmarks.browser import Browser, Chat, chat, direct_chat
from benchmarks.percentiles import percentile
from benchmarks.processes import MODEL, MODES, PASSWORD, Running, playing_provider, running_valis

STAGGER = 0.05


async def direct_round(port: int, streams: int) -> list[Chat]:
    async def one(number: int) -> Chat:
        await asyncio.sleep(number * STAGGER)
        return await direct_chat(port, MODEL)

    return list(await asyncio.gather(*(one(number) for number in range(streams))))


async def valis_round(browser: Browser, valis: Running, streams: int) -> tuple[list[Chat], float]:
    """The chats, and the CPU seconds of VALIS while they ran."""
    sessions = [browser.new_session() for _ in range(streams)]
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(browser.socket(session)) for session in sessions]
        for socket in sockets:
            await socket.send('{"type": "hello"}')
            await socket.recv()

        async def one(number: int) -> Chat:
            await asyncio.sleep(number * STAGGER)
            return await chat(sockets[number], "Go.")

        before = valis.cpu_seconds()
        chats = list(await asyncio.gather(*(one(number) for number in range(streams))))
        return chats, valis.cpu_seconds() - before


async def measure(browser: Browser, valis: Running, provider_port: int, *, streams: int, tokens: int) -> str:
    rounds = 5 if streams == 1 else 2 if streams == 10 else 1
    direct: list[float] = []
    through: list[float] = []
    cpu, lost = 0.0, 0
    for _ in range(rounds):
        direct += [each.first_token for each in await direct_round(provider_port, streams)]
        chats, used = await valis_round(browser, valis, streams)
        cpu += used
        through += [each.first_token for each in chats]
        lost += sum(not each.is_whole or each.text.count(" ") < tokens - 1 for each in chats)
    added = [(percentile(through, share) - percentile(direct, share)) * 1000 for share in (0.5, 0.95)]
    per_thousand = cpu / (rounds * streams * tokens) * 1000
    return (
        f"| {streams} | {statistics.median(direct) * 1000:.1f} | {statistics.median(through) * 1000:.1f} "
        f"| {added[0]:.1f} | {added[1]:.1f} | {per_thousand:.3f} | {valis.memory_mib():.0f} | {lost} |"
    )


async def run(mode: str, streams: list[int], *, tokens: int, rate: int) -> None:
    with (
        playing_provider(f"tokens:{tokens}@{rate}") as provider_port,
        running_valis(mode, provider_port=provider_port) as valis,
    ):
        browser = Browser(valis.port)
        browser.log_in("demo", PASSWORD)
        await valis_round(browser, valis, 2)
        print(f"{tokens} tokens at {rate}/s each, {mode}\n")
        columns = "direct p50 ms | VALIS p50 ms | added p50 ms | added p95 ms | CPU s / 1,000 | MiB | broken"
        print(f"| streams | {columns} |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for number in streams:
            print(await measure(browser, valis, provider_port, streams=number, tokens=tokens), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mode", choices=MODES, default="embedded")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 10, 50, 100, 200])
    parser.add_argument("--tokens", type=int, default=500)
    parser.add_argument("--rate", type=int, default=50)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.mode, arguments.streams, tokens=arguments.tokens, rate=arguments.rate))
