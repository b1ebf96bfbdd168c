"""`python -m tests.playing --port 0`: the first line is the port; serves until SIGTERM."""

import argparse
import asyncio
import signal
import sys

from tests.playing.ledger import Ledger
from tests.playing.registry import behaviours
from tests.playing.server import bound, serving


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.playing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=SCRIPT",
        help="a model that is not named after its script; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="explain every script and exit")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _serve(port: int, models: dict[str, str]) -> None:
    should_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, should_stop.set)
    listener = bound(port)
    async with serving(listener, ledger=Ledger(), models=models):
        _say(str(listener.getsockname()[1]))
        await should_stop.wait()


def main() -> None:
    arguments = _arguments()
    if arguments.list:
        for each in behaviours():
            _say(f"{each.syntax:<30} {each.meaning}")
        return
    models = dict(pair.split("=", 1) for pair in arguments.model)
    asyncio.run(_serve(arguments.port, models))


if __name__ == "__main__":
    main()
