"""What operators see of several processes: one log by one id, and the same figures from everybody."""

import asyncio
import json
import re
import urllib.request

from tests.harness.client import ChatClient
from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer

CALLS = re.compile(r"^valis_calls_total\{.*\} (\d+)", re.MULTILINE)
SENTENCE = "Nobody else is to know of the heron"


def metrics(valis: Production, number: int) -> str:
    with urllib.request.urlopen(f"{valis.url(number)}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def calls(valis: Production, number: int) -> int:
    return sum(map(int, CALLS.findall(metrics(valis, number))))


async def test_one_id_is_in_the_log_of_the_web_server_and_of_the_worker(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, f"say:{SENTENCE}")
    async with ChatClient(demo, demo.new_session()) as client:
        sent = await client.ask(SENTENCE)
        await client.reply(sent)

    def lines(role: str) -> set[str]:
        outputs = [process.output() for name, process in valis.processes.items() if name.startswith(role)]
        found = (line for output in outputs for line in output.splitlines() if sent.client_id in line)
        return {json.loads(line)["event"] for line in found}

    await asyncio.to_thread(
        valis.until, lambda: lines("worker") == {"call ended", "turn ended", "task"}, seconds=30
    )
    assert {"frame"} <= lines("web") <= {"frame", "socket closed"}
    assert playing.calls[-1].headers["x-request-id"] == sent.client_id
    assert SENTENCE not in valis.output()


async def test_every_web_server_tells_of_all_processes_and_a_killed_worker_takes_nothing_back(
    valis: Production, playing: PlayingServer, demo: Person
) -> None:
    playing.cast(MODEL, "tokens:5")
    before = await asyncio.to_thread(calls, valis, 1)
    async with ChatClient(demo, demo.new_session()) as client:
        for number in range(3):
            await client.reply(await client.ask(f"counted {number}"))
    await asyncio.to_thread(valis.until, lambda: calls(valis, 1) >= before + 3, seconds=30)

    await asyncio.to_thread(valis.restart, valis.workers[0])
    one, other = [await asyncio.to_thread(calls, valis, number) for number in (1, 2)]
    assert before + 3 <= one <= other
    for role, number in (("worker", 2), ("web", 1)):
        told = f'valis_processes{{role="{role}"}} 2'
        await asyncio.to_thread(
            valis.until, lambda told=told, number=number: told in metrics(valis, number), seconds=30
        )
