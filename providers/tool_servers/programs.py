"""Programs that run beside VALIS, each with a process group of its own, talked to over pipes.

Starting and ending wait for the system: both are done in threads.
"""

import atexit
import os
import shutil
import signal
import subprocess  # nosec B404
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

Program: TypeAlias = "subprocess.Popen[bytes]"

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""All that a program gets of the environment, besides what the operator names."""
_PATIENCE = 1.0

_running: dict[int, Program] = {}
_guard = threading.Lock()


def environment_of(named: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in (*PASSED_ON, *named) if name in os.environ}


def start(command: Sequence[str], environment: dict[str, str]) -> Program:
    """Raises `OSError` when it cannot be started."""
    name, *arguments = command
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        raise FileNotFoundError(f"there is no program {name} here")
    program = subprocess.Popen(  # noqa: S603  # nosec B603  (the operator's command, without a shell)
        [found, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=environment,
        # Not where VALIS is: `.env` and the database lie there.
        cwd="/",
        start_new_session=True,
    )
    with _guard:
        if not _running:
            atexit.register(end_all)
        _running[program.pid] = program
    return program


def end(program: Program) -> None:
    """Ask the whole group to end, and make it, shortly after."""
    with _guard:
        if _running.pop(program.pid, None) is None:
            return
    _signal_group(program, signal.SIGTERM)
    ends_at = time.monotonic() + _PATIENCE
    while not has_ended(program) and time.monotonic() < ends_at:
        time.sleep(0.01)
    # What the program started may outlive it. Its number is its own until it is waited for.
    _signal_group(program, signal.SIGKILL)
    program.wait()


def has_ended(program: Program) -> bool:
    """Without waiting for it, which would give its number to others."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, program.pid, flags) is not None


def end_all() -> None:
    """The last thing that a process does about its programs."""
    threads = [threading.Thread(target=end, args=[each], daemon=True) for each in list(_running.values())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE + 1)


def _signal_group(program: Program, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, number)
