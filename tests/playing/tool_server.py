"""An MCP server over stdio: `python -m tests.playing.tool_server SCRIPT [FILE]`.

It offers the tool `ask`, and its script says how it goes. Into FILE it writes, a line each, its process and
that of a child of its own, the names in its environment, and what the tool was asked.

What it says it writes line by line, as many of them go wrong there, and the SDK alone would take a second
to load. `sdk_tool_server` is one that is made with it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Progress = Callable[[str], None]
Tool = Callable[[str, Progress], str]
ANSWER = "Here is the answer."


def note(what: str, value: object) -> None:
    if len(sys.argv) > 2:
        with Path(sys.argv[2]).open("a") as file:
            file.write(json.dumps([what, value]) + "\n")


def note_oneself() -> subprocess.Popen[bytes]:
    """Gives the child, which has to end with its parent."""
    child = subprocess.Popen(["sleep", "3600"])
    note("processes", [os.getpid(), child.pid])
    note("environment", sorted(os.environ))
    note("folder", str(Path.cwd()))
    return child


def answer(prompt: str, progress: Progress) -> str:
    return ANSWER


def in_pieces(prompt: str, progress: Progress) -> str:
    for piece in ("Here ", "is ", "the "):
        progress(piece)
    return ANSWER


def with_notes(prompt: str, progress: Progress) -> str:
    progress("Thinking.")
    return ANSWER


def hang(prompt: str, progress: Progress) -> str:
    time.sleep(3600)
    return ""


def begin_and_hang(prompt: str, progress: Progress) -> str:
    progress("Here is ")
    return hang(prompt, progress)


def die(prompt: str, progress: Progress) -> str:
    os._exit(3)


def is_first() -> bool:
    """Whether no server has written into this FILE that it was asked for the first time."""
    mark = f"{sys.argv[2]}.asked"
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def die_once(prompt: str, progress: Progress) -> str:
    return (die if is_first() else answer)(prompt, progress)


def hang_once(prompt: str, progress: Progress) -> str:
    return (hang if is_first() else answer)(prompt, progress)


def fail(prompt: str, progress: Progress) -> str:
    raise ValueError("what was asked: " + prompt)


def say_nothing(prompt: str, progress: Progress) -> str:
    return ""


def babble(prompt: str, progress: Progress) -> str:
    os.write(1, b"some words that are no message\n")
    return ANSWER


def flood(prompt: str, progress: Progress) -> str:
    os.write(1, b"and on and on\n" * 200)
    return hang(prompt, progress)


def one_long_line(prompt: str, progress: Progress) -> str:
    os.write(1, b"x" * 3_000_000)
    return hang(prompt, progress)


SCRIPTS: dict[str, Tool] = {
    each.__name__: each
    for each in (answer, in_pieces, with_notes, hang, begin_and_hang, die, die_once, hang_once, fail,
                 say_nothing, babble, flood, one_long_line)
}  # fmt: skip


class Server:
    def __init__(self, script: str) -> None:
        self._tool = SCRIPTS.get(script, answer)
        self._name = "other" if script == "no_tool" else "ask"
        self._arguments = ["path", "text"] if script == "two_texts" else ["prompt"]

    def run(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "id" in message:
                result = self._result(message["method"], message.get("params", {}))
                say({"id": message["id"], "result": result})

    def _result(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if method == "initialize":
            about = {"name": "playing", "version": "1"}
            version = parameters["protocolVersion"]
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about}
        if method == "tools/list":
            texts = {each: {"type": "string"} for each in self._arguments}
            form = {"type": "object", "properties": texts, "required": self._arguments}
            return {"tools": [{"name": self._name, "inputSchema": form}]}
        assert method == "tools/call", method
        return self._called(parameters)

    def _called(self, parameters: dict[str, Any]) -> dict[str, Any]:
        prompt = parameters["arguments"]["prompt"]
        note("asked", prompt)
        try:
            text, is_error = self._tool(prompt, Teller(parameters["_meta"]["progressToken"])), False
        except ValueError as error:
            text, is_error = str(error), True
        return {"content": [{"type": "text", "text": text}], "isError": is_error}


class Teller:
    def __init__(self, token: Any) -> None:
        self._token, self._count = token, 0

    def __call__(self, text: str) -> None:
        self._count += 1
        told = {"progressToken": self._token, "progress": self._count, "message": text}
        say({"method": "notifications/progress", "params": told})


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def main() -> None:
    script = sys.argv[1]
    child = note_oneself()
    sys.stderr.write(f"starting; the key is {os.environ.get('TOOL_SERVER_KEY')}\n")
    sys.stderr.flush()
    if script == "deaf":
        child.wait()
    if script == "gone":
        sys.exit("there is no configuration")
    Server(script).run()


if __name__ == "__main__":
    main()
