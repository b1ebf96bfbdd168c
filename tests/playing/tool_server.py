"""An MCP server over stdio: `python -m tests.playing.tool_server SCRIPT [FILE]`.

It offers the tool `ask`, and its script says how it goes. Into FILE it writes, a line each, its process and
that of a child of its own, the names in its environment, and what the tool was asked.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from mcp.server.mcpserver import Context, MCPServer

WIRE = os.dup(1)
"""The standard output itself: the server turns what is printed away from it."""
Tool = Callable[[str, Context], Awaitable[str]]


def note(what: str, value: object) -> None:
    if len(sys.argv) > 2:
        with Path(sys.argv[2]).open("a") as file:
            file.write(json.dumps([what, value]) + "\n")


async def answer(prompt: str, context: Context) -> str:
    return "Here is the answer."


async def in_pieces(prompt: str, context: Context) -> str:
    for number, piece in enumerate(("Here ", "is ", "the ")):
        await context.report_progress(number, message=piece)
    return "Here is the answer."


async def with_notes(prompt: str, context: Context) -> str:
    await context.report_progress(1, message="Thinking.")
    return "Here is the answer."


async def hang(prompt: str, context: Context) -> str:
    await asyncio.sleep(3600)
    return ""


async def begin_and_hang(prompt: str, context: Context) -> str:
    await context.report_progress(1, message="Here is ")
    return await hang(prompt, context)


async def die(prompt: str, context: Context) -> str:
    os._exit(3)


def is_first() -> bool:
    """Whether no server has written into this FILE that it was asked for the first time."""
    mark = f"{sys.argv[2]}.asked"
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


async def die_once(prompt: str, context: Context) -> str:
    return await (die if is_first() else answer)(prompt, context)


async def hang_once(prompt: str, context: Context) -> str:
    return await (hang if is_first() else answer)(prompt, context)


async def fail(prompt: str, context: Context) -> str:
    raise ValueError("what was asked: " + prompt)


async def say_nothing(prompt: str, context: Context) -> str:
    return ""


async def babble(prompt: str, context: Context) -> str:
    os.write(WIRE, b"some words that are no message\n")
    return "Here is the answer."


async def flood(prompt: str, context: Context) -> str:
    os.write(WIRE, b"and on and on\n" * 200)
    return await hang(prompt, context)


async def one_long_line(prompt: str, context: Context) -> str:
    await asyncio.to_thread(os.write, WIRE, b"x" * 3_000_000)
    return await hang(prompt, context)


SCRIPTS: dict[str, Tool] = {
    each.__name__: each
    for each in (answer, in_pieces, with_notes, hang, begin_and_hang, die, die_once, hang_once, fail,
                 say_nothing, babble, flood, one_long_line)
}  # fmt: skip


def main() -> None:
    script = sys.argv[1]
    child = subprocess.Popen(["sleep", "3600"])
    note("processes", [os.getpid(), child.pid])
    note("environment", sorted(os.environ))
    note("folder", str(Path.cwd()))
    sys.stderr.write(f"starting; the key is {os.environ.get('TOOL_SERVER_KEY')}\n")
    sys.stderr.flush()
    if script == "deaf":
        child.wait()
    if script == "gone":
        sys.exit("there is no configuration")
    server = MCPServer("playing")

    async def ask(prompt: str, context: Context) -> str:
        note("asked", prompt)
        return await SCRIPTS.get(script, answer)(prompt, context)

    async def write(path: str, text: str) -> str:
        return path + text

    server.add_tool(write if script == "two_texts" else ask, name="other" if script == "no_tool" else "ask")
    server.run("stdio")


if __name__ == "__main__":
    main()
