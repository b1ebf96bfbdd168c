"""How things stand now, asked when somebody wants to know."""

from collections.abc import Iterator
from typing import Any

from amqp.exceptions import ChannelError
from celery import current_app
from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from chat import line
from chat.models import OPEN_STATUSES, Turn
from diagnostics.models import Sign
from diagnostics.signs import SCHEDULER
from providers.circuits.models import CircuitState
from providers.circuits.reading import all_circuits
from providers.engine_settings import current_limits
from providers.lineup import line_up
from providers.places import busy_places

QUEUES = ("people", "background", "housekeeping")


def build() -> Metric:
    return InfoMetricFamily("valis_build", "The version that answers", {"version": settings.VALIS_VERSION})


def of_database() -> Iterator[Metric]:
    """Raises what the database raises. Each looks at open turns or at small tables only."""
    yield _open_turns()
    yield _queue_age()
    yield _unlearned()
    yield from _places()
    yield from _scheduler()
    yield _providers()
    yield from _provider_places()
    yield _circuits()


def _open_turns() -> Metric:
    metric = GaugeMetricFamily("valis_turns_open", "Turns that wait or run", labels=["status"])
    rows = Turn.objects.filter(status__in=OPEN_STATUSES).order_by().values_list("status")
    counts = dict(rows.annotate(count=Count("pk")))
    for status in OPEN_STATUSES:
        metric.add_metric([str(status)], counts.get(status, 0))
    return metric


def _queue_age() -> Metric:
    """Of the turns that could run: others wait for the one before them, as they should."""
    oldest = Turn.objects.filter(line.is_head()).aggregate(Min("created_at"))["created_at__min"]
    age = max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0
    return GaugeMetricFamily("valis_queue_age_seconds", "How long the oldest turn that could run waits", age)


def _unlearned() -> Metric:
    unlearned = Turn.objects.filter(is_unlearned=True).count()
    return GaugeMetricFamily("valis_turns_unlearned", "Exchanges still to be learned from", unlearned)


def _places() -> Iterator[Metric]:
    limit = current_limits().max_concurrent_requests
    yield GaugeMetricFamily("valis_places_busy", "Places that running replies take", line.busy_places())
    yield GaugeMetricFamily("valis_places_limit", "Places there are", limit)


def _scheduler() -> Iterator[Metric]:
    if sign := Sign.objects.filter(name=SCHEDULER).first():
        silence = (timezone.now() - sign.seen_at).total_seconds()
        yield GaugeMetricFamily("valis_scheduler_silence_seconds", "Since the scheduler was seen", silence)


def _providers() -> Metric:
    """Those the cascade would ask, by their rows: nobody is knocked at."""
    metric = GaugeMetricFamily("valis_provider_ready", "Whether it would be asked", labels=["provider"])
    for candidate in line_up((), current_limits()):
        metric.add_metric([candidate.config.name], 0 if candidate.skip_reason else 1)
    return metric


def _provider_places() -> Iterator[Metric]:
    """Of those that have a limit."""
    busy = GaugeMetricFamily("valis_provider_places_busy", "Calls that run at it", labels=["provider"])
    limit = GaugeMetricFamily("valis_provider_places_limit", "Calls it takes", labels=["provider"])
    taken = busy_places()
    for candidate in line_up((), current_limits()):
        if candidate.places is not None:
            busy.add_metric([candidate.config.name], taken.get(candidate.config.name, 0))
            limit.add_metric([candidate.config.name], candidate.places)
    yield busy
    yield limit


def _circuits() -> Metric:
    metric = GaugeMetricFamily(
        "valis_circuit_state", "1 for the state it is in", labels=["provider", "model", "state"]
    )
    for circuit in all_circuits():
        for state in CircuitState:
            metric.add_metric([circuit.provider, circuit.model, str(state)], circuit.state == state)
    return metric


def of_broker() -> Iterator[Metric]:
    reachable = GaugeMetricFamily("valis_broker_reachable", "Whether the broker answers", 1)
    waiting = GaugeMetricFamily("valis_tasks_waiting", "Tasks that no worker has taken", labels=["queue"])
    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
            channel: Any = connection.default_channel
            for queue in QUEUES:
                waiting.add_metric([queue], _length(channel, queue))
    except (OSError, BrokerError):
        reachable = GaugeMetricFamily("valis_broker_reachable", "Whether the broker answers", 0)
    yield reachable
    if waiting.samples:
        yield waiting


def _length(channel: Any, queue: str) -> int:
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # nothing was ever put into it
        return 0
