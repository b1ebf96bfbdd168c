"""Asking tiles for their figures, all at once and none for longer than a second."""

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import close_old_connections
from django.utils import timezone

from core.logs import get_logger
from diagnostics.models import Recount

logger = get_logger(__name__)

TILE_SECONDS = 1.0
NOT_ANSWERING = "This part is not answering. It is asked again in a moment."
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the live page. `hears` are the beginnings of the kinds of events that change it."""

    name: str
    title: str
    source: str
    read: Callable[[], Figures]
    hears: tuple[str, ...] = ()
    is_recounted: bool = False

    @property
    def template(self) -> str:
        return f"diagnostics/tiles/{self.name}.html"

    @property
    def words_heard(self) -> str:
        return " ".join(self.hears)


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile with its figures as of a moment, or with the problem that there is."""

    tile: Tile
    as_of: datetime
    figures: Figures | None = None
    problem: str = ""
    recount: Recount | None = None


# Threads of their own: a part that hangs may not take those of the sockets.
_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="tile")
_guard = threading.Lock()
_hanging: dict[str, Future[Figures]] = {}


def ask(tiles: Sequence[Tile]) -> list[Shown]:
    """The tiles in their order. One that hung the last time is not asked again before that has ended."""
    asked_at = timezone.now()
    ends_at = time.monotonic() + TILE_SECONDS
    asked = {tile.name: _pool.submit(_in_context(tile)) for tile in (*tiles, _RECOUNTS) if not _hangs(tile)}
    wait(asked.values(), timeout=max(0.0, ends_at - time.monotonic()))
    answers = {name: _result(answer, name) for name, answer in asked.items()}
    known = answers.get(_RECOUNTS.name) or {}
    shown = []
    for tile in tiles:
        figures = answers.get(tile.name)
        problem = NOT_ANSWERING if figures is None else ""
        shown.append(Shown(tile, asked_at, figures, problem, known.get(tile.name)))
    return shown


def _result(answer: "Future[Figures]", name: str) -> Figures | None:
    if not answer.done():
        if not answer.cancel():
            with _guard:
                _hanging[name] = answer
        return None
    try:
        return answer.result()
    except Exception:
        logger.warning("a tile could not be read", tile=name, exc_info=True)
        return None


def _hangs(tile: Tile) -> bool:
    with _guard:
        if tile.name in _hanging and _hanging[tile.name].done():
            del _hanging[tile.name]
        return tile.name in _hanging


def _in_context(tile: Tile) -> Callable[[], Figures]:
    context = contextvars.copy_context()

    def work() -> Figures:
        close_old_connections()
        try:
            return context.run(tile.read)
        finally:
            close_old_connections()

    return work


_RECOUNTS = Tile("recounts", "", "", lambda: {each.tile: each for each in Recount.objects.all()})
