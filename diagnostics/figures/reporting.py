"""Each process tells every few seconds what it has counted so far."""

import os
import socket
import threading
import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.db.models.functions import Now
from prometheus_client import ProcessCollector

from core.logs import get_logger
from core.metrics import REGISTRY
from diagnostics.figures.counted import Counts, counts_of, less
from diagnostics.models import ProcessFigures
from providers.engine_settings import last_used

logger = get_logger(__name__)

REPORT_SECONDS = 5.0
ALIVE = timedelta(seconds=30)
"""Who has not reported for so long counts as gone."""
_process = ProcessCollector(registry=None)


class Report:
    """The row of this process. Should housekeeping have taken it for gone, it begins a new one."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._name = f"{role}-{os.getpid()}@{socket.gethostname()}"[:120]
        self._id = uuid.uuid4().hex
        self._is_stored = False
        self._stored: Counts = {}
        """What the row has, or had."""
        self._counted_before: Counts = {}
        """What is in the rows before this one."""

    def write(self, *, is_last: bool = False) -> None:
        """Raises what the database raises; the next one makes up for it."""
        counted, state = counts_of(REGISTRY)
        row = {
            "seen_at": Now() - ALIVE if is_last else Now(),
            "state": state,
            "counts": less(counted, self._counted_before),
            "uses": _uses(),
            "machine": {sample.name: sample.value for each in _process.collect() for sample in each.samples},
        }
        if self._is_stored and not ProcessFigures.objects.filter(pk=self._id).update(**row):
            self._is_stored = False
            self._id = uuid.uuid4().hex
            self._counted_before = self._stored
            row["counts"] = less(counted, self._counted_before)
        if not self._is_stored:
            ProcessFigures.objects.create(
                id=self._id, role=self._role, name=self._name, version=settings.VALIS_VERSION, **row
            )
            self._is_stored = True
        self._stored = counted


def _uses() -> dict[str, Any]:
    used = last_used()
    return {"engine": used.limits.model_dump(), "since": used.since.isoformat()} if used else {}


class Reporting:
    """Writes the report in a thread, from `with` to its end; the last one when all work is done."""

    def __init__(self, role: str) -> None:
        self._report = Report(role)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="figures", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(2.0)

    def _work(self) -> None:
        is_away = False
        while True:
            is_last = self._is_over.wait(REPORT_SECONDS)
            close_old_connections()
            try:
                self._report.write(is_last=is_last)
                is_away = False
            except Error:
                if not is_away:
                    logger.warning("figures wait for the database", exc_info=True)
                is_away = True
            close_old_connections()
            if is_last:
                connections.close_all()
                return
