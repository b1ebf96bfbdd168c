"""Moments at which a process can be made to die, as by a power cut. Only processes of tests load this.

The name of a moment, written into the file that `VALIS_FAILPOINT_FILE` names, arms it; the first process
that comes by takes the file away and dies.
"""

import importlib
import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import AppConfig


class Failpoint(NamedTuple):
    module: str
    function: str
    is_after: bool = False


FAILPOINTS = {
    "before the commit": Failpoint("chat.services", "store_question", is_after=True),
    "between commit and dispatch": Failpoint("chat.services", "_tell"),
    "after the dispatch": Failpoint("chat.services", "_tell", is_after=True),
    "at the start of the task": Failpoint("chat.answering", "answer_turn"),
    "after the claim": Failpoint("chat.turns", "claim", is_after=True),
    "before the final commit": Failpoint("chat.turns", "finish"),
    "after the final commit": Failpoint("chat.turns", "finish", is_after=True),
}


class Failpoints(AppConfig):
    name = "tests.harness.failpoints"
    label = "failpoints"

    def ready(self) -> None:
        armed = Path(os.environ["VALIS_FAILPOINT_FILE"])
        for moment, point in FAILPOINTS.items():
            *path, name = point.function.split(".")
            owner: Any = importlib.import_module(point.module)
            for part in path:
                owner = getattr(owner, part)
            setattr(owner, name, _deadly(getattr(owner, name), moment, point, armed))


def _deadly(function: Callable[..., Any], moment: str, point: Failpoint, armed: Path) -> Callable[..., Any]:
    @wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        if not point.is_after:
            _die_if_armed(moment, armed)
        result = function(*args, **kwargs)
        if point.is_after:
            _die_if_armed(moment, armed)
        return result

    return around


def _die_if_armed(moment: str, armed: Path) -> None:
    try:
        if armed.read_text() != moment:
            return
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
