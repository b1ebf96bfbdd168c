"""A detector of blocking calls: an engine loop that is watched while the work of a test runs on it."""

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from typing import Any
from unittest.mock import patch

from django.db.backends.utils import CursorWrapper

from core import loop as engine
from providers import instances

SLOW_SECONDS = 0.1


class BlockingCall(Exception):
    """Something that waits was called on a thread whose loop should not wait."""


def is_on_loop() -> bool:
    return asyncio._get_running_loop() is not None


class _Findings(logging.Handler):
    """What asyncio's debug mode says about callbacks that took too long, and what was refused."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith("Executing") and " took " in message:
            self.found.append(message)

    def refuse(self, owner: Any, name: str, *, unless: Callable[..., bool] = lambda *args: False) -> Any:
        """Patch a function so that it raises when it is called on a loop's thread."""
        original = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if is_on_loop() and not unless(*args):
                self.found.append(f"{name} was called on the loop")
                raise BlockingCall(name)
            return original(*args, **kwargs)

        return patch.object(owner, name, guarded)


class _NoImports(MetaPathFinder):
    """Finds no module, but takes down those that are looked for on a loop's thread."""

    def __init__(self, found: list[str]) -> None:
        self._found = found

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if is_on_loop():
            self._found.append(f"{name} was imported on the loop")


def _does_not_wait(connection: socket.socket, *_: object) -> bool:
    return connection.gettimeout() == 0


def close_instances() -> None:
    """End what is kept for the loop in use: instances belong to their loop."""
    while instances._kept:
        _, instance = instances._kept.popitem()
        engine.run_on_loop(instance.close()).result(60)


@contextmanager
def watched_loop() -> Iterator[list[str]]:
    """Run the engine on a loop in debug mode; the list fills with all that blocked it."""
    close_instances()  # those of earlier tests are of another loop
    findings = _Findings()
    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = SLOW_SECONDS
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    logger = logging.getLogger("asyncio")
    finder = _NoImports(findings.found)
    with ExitStack() as stack:
        for name in ("connect", "recv", "send", "sendall"):
            stack.enter_context(findings.refuse(socket.socket, name, unless=_does_not_wait))
        stack.enter_context(findings.refuse(socket, "getaddrinfo"))
        stack.enter_context(findings.refuse(time, "sleep"))
        stack.enter_context(findings.refuse(subprocess, "Popen"))
        stack.enter_context(findings.refuse(CursorWrapper, "execute"))
        stack.enter_context(patch.object(engine, "_loop", loop))
        stack.callback(sys.meta_path.remove, finder)
        sys.meta_path.insert(0, finder)
        stack.callback(logger.removeHandler, findings)
        logger.addHandler(findings)
        thread.start()
        try:
            yield findings.found
        finally:
            close_instances()
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)


def findings_of(work: Callable[[], object]) -> list[str]:
    """What blocks while `work` runs. Being slow once may be the machine's fault; twice is ours."""
    found = _watched(work)
    return _watched(work) if any(" took " in each for each in found) else found


def _watched(work: Callable[[], object]) -> list[str]:
    with watched_loop() as found:
        work()
    return found
