"""How long it takes from `manage.py serve` to the first complete reply.

    python -m benchmarks.start [--times 5]

The first start sets up the database; the later ones find it.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.browser import Browser, chat
from tests.harness.valis import PASSWORD, Valis
from tests.playing.server import PlayingServer


async def first_chat(valis: Valis) -> float:
    browser = Browser(valis.port)
    browser.log_in("demo", PASSWORD)
    async with browser.socket(browser.new_session()) as socket:
        await socket.send('{"type": "hello"}')
        await socket.recv()
        return (await chat(socket, "Hello")).total


def measure(valis: Valis) -> tuple[float, float]:
    """Seconds until the server answers, and until the first reply was complete."""
    started = time.perf_counter()
    valis.start()
    is_up = time.perf_counter() - started
    asyncio.run(first_chat(valis))
    done = time.perf_counter() - started
    valis.stop()
    return is_up, done


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with PlayingServer(models={"gpt-5.4-mini": "say:Hello to you."}) as provider:
        environment = {"OPENAI_API_KEY": "sk-benchmark", "OPENAI_BASE_URL": provider.openai_url}
        with tempfile.TemporaryDirectory(prefix="valis-bench-") as data:
            valis = Valis(Path(data) / "data", **environment)
            for number in range(times):
                is_up, done = measure(valis)
                print(f"start {number + 1}: answers after {is_up:.2f} s, first reply after {done:.2f} s")
