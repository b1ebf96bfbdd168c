"""What a provider that fails at once adds to the first token: chats with and without one before the good one.

    python -m benchmarks.failing [--chats 60]

They are measured in turn on one running VALIS; the failing provider answers every call with 500. For the
second row its circuit never opens, for the third one it is open.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.browser import Browser, chat
from benchmarks.percentiles import percentile
from tests.harness.valis import PASSWORD, ROOT, Valis
from tests.playing.server import PlayingServer

_ADD = (
    "from providers.models import Provider; Provider.objects.create("
    "name='broken', kind='openai', priority=1, model='status:500', base_url={url!r}, api_key='sk-x')"
)
_SWITCH = (
    "from providers.models import Circuit, EngineSettings, Provider; Circuit.objects.all().delete(); "
    "Provider.objects.filter(name='broken').update(is_enabled={on}); EngineSettings.objects.update_or_create("
    "pk=1, defaults=dict(circuit_breaker_threshold={threshold}, circuit_breaker_timeout=3600))"
)
_ROWS = {
    "good provider alone": (False, 5),
    "a failing one before it": (True, 1000),
    "with its circuit open": (True, 1),
}


def in_shell(valis: Valis, code: str) -> None:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-v", "0", "-c", code]
    subprocess.run(command, cwd=ROOT, env=valis.environment, check=True)


async def first_tokens(valis: Valis, chats: int) -> list[float]:
    browser = Browser(valis.port)
    browser.log_in("demo", PASSWORD)
    async with browser.socket(browser.new_session()) as socket:
        await socket.send('{"type": "hello"}')
        await socket.recv()
        return [(await chat(socket, "Go.")).first_token * 1000 for _ in range(chats)]


def run(chats: int) -> None:
    with (
        PlayingServer(models={"gpt-5.4-mini": "say:Hello to you."}) as provider,
        tempfile.TemporaryDirectory(prefix="valis-bench-") as data,
        Valis(Path(data), OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.openai_url) as valis,
    ):
        in_shell(valis, _ADD.format(url=provider.openai_url))
        seen: dict[str, list[float]] = {name: [] for name in _ROWS}
        for name in [*_ROWS] * 3:
            is_broken, threshold = _ROWS[name]
            in_shell(valis, _SWITCH.format(on=is_broken, threshold=threshold))
            asyncio.run(first_tokens(valis, 5))
            seen[name] += asyncio.run(first_tokens(valis, chats // 3))
        print("| | p50 ms | p95 ms |\n| --- | ---: | ---: |")
        for name, values in seen.items():
            print(f"| {name} | {statistics.median(values):.1f} | {percentile(values, 0.95):.1f} |")
        alone, failing, opened = map(statistics.median, seen.values())
        print(f"\nadded: {failing - alone:.1f} ms, {opened - alone:.1f} ms with its circuit open (p50)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chats", type=int, default=60)
    run(parser.parse_args().chats)
