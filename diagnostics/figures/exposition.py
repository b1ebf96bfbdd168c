"""All figures in the form that Prometheus reads."""

import threading
import time
from collections.abc import Collection, Iterable, Iterator

from django.db import Error
from django.db.models import Q
from django.db.models.functions import Now
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.logs import get_logger
from core.metrics import REGISTRY
from diagnostics.figures import standing
from diagnostics.figures.counted import added_up, as_metrics
from diagnostics.figures.reporting import ALIVE
from diagnostics.figures.tidying import PAST
from diagnostics.models import ProcessFigures

logger = get_logger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
KEPT_SECONDS = 1.0
_MACHINE = {
    "process_cpu_seconds_total": ("counter", "CPU time used"),
    "process_resident_memory_bytes": ("gauge", "Memory held"),
    "process_open_fds": ("gauge", "Open files and sockets"),
    "process_max_fds": ("gauge", "Most files and sockets it may open"),
    "process_start_time_seconds": ("gauge", "When it was started"),
}
_guard = threading.Lock()
_kept: tuple[float, bytes] = (0.0, b"")


def exposition() -> bytes:
    """Made anew at most once a second. Blocks: call it from a thread."""
    global _kept  # noqa: PLW0603
    with _guard:
        made_at, text = _kept
        if not text or time.monotonic() - made_at > KEPT_SECONDS:
            text = generate_latest(_All())
            _kept = time.monotonic(), text
        return text


class _All(Collector):
    def collect(self) -> Iterable[Metric]:
        """With the database away its part is left out: half a sum would look like a restart."""
        yield standing.build()
        yield from standing.of_broker()
        try:
            known = [*_of_processes(), *standing.of_database()]
        except Error:
            logger.warning("metrics without the database", exc_info=True)
            known = []
        yield GaugeMetricFamily("valis_database_reachable", "Whether the database answers", 1 if known else 0)
        yield from known


def _of_processes() -> Iterator[Metric]:
    is_alive = Q(seen_at__gt=Now() - ALIVE) & ~Q(pk=PAST)
    rows = list(ProcessFigures.objects.annotate(is_alive=is_alive).order_by("seen_at"))
    # By name: one that was started again at once may have the name of the one before it.
    alive = {row.name: row for row in rows if row.is_alive}.values()
    yield from as_metrics(added_up([*(row.counts for row in rows), *(row.state for row in alive)]), REGISTRY)
    yield from _machines(alive)


def _machines(rows: Collection[ProcessFigures]) -> Iterator[Metric]:
    for name, (kind, meaning) in _MACHINE.items():
        metric = Metric(name.removesuffix("_total") if kind == "counter" else name, meaning, kind)
        for row in rows:
            if name in row.machine:
                metric.add_sample(name, {"role": row.role, "process": row.name}, row.machine[name])
        if metric.samples:
            yield metric
    processes = GaugeMetricFamily("valis_processes", "Processes that were seen lately", labels=["role"])
    for role in sorted({row.role for row in rows}):
        processes.add_metric([role], sum(row.role == role for row in rows))
    yield processes
