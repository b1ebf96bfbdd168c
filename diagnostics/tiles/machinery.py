"""Turns that wait and run, the processes that work on them, and the providers that are left alone."""

from django.db.models import Count, Min, Q
from django.utils import timezone

from chat.models import OPEN_STATUSES, Turn, TurnStatus
from diagnostics.figures.reporting import ALIVE
from diagnostics.figures.tidying import GONE_AFTER, PAST
from diagnostics.models import ProcessFigures
from diagnostics.signs import SCHEDULER, SCHEDULER_SILENCE, recent_sign
from diagnostics.tiles.asking import Figures
from providers.circuits.models import CircuitState
from providers.circuits.reading import all_circuits, seconds_left
from providers.drills.reading import running_drills
from providers.engine_settings import current_limits

_MOST_DRILLS = 5


def queue() -> Figures:
    is_queued, is_running = Q(status=TurnStatus.QUEUED), Q(status=TurnStatus.STREAMING)
    figures = Turn.objects.filter(status__in=OPEN_STATUSES).aggregate(
        waiting=Count("pk", filter=is_queued),
        for_place=Count("pk", filter=is_queued & Q(waits_since__isnull=False)),
        running=Count("pk", filter=is_running),
        busy=Count("pk", filter=is_running & Q(waits_since=None)),
        oldest=Min("created_at", filter=is_queued),
    )
    return figures | {"places": current_limits().max_concurrent_requests}


def circuits() -> Figures:
    timeout = current_limits().circuit_breaker_timeout
    rows = []
    for circuit in all_circuits():
        left = seconds_left(circuit, circuit.now, timeout=timeout)  # type: ignore[attr-defined]
        is_closed = circuit.state == CircuitState.CLOSED
        is_clean = is_closed and not circuit.failures and not circuit.not_before
        rows.append({"circuit": circuit, "seconds_left": round(left), "is_clean": is_clean})
    return {"rows": rows}


def drills() -> Figures:
    return {"rows": list(running_drills()[:_MOST_DRILLS])}


def processes() -> Figures:
    now = timezone.now()
    lately = ProcessFigures.objects.filter(seen_at__gt=now - GONE_AFTER).exclude(pk=PAST)
    rows = [
        {
            "role": each.role,
            "name": each.name,
            "version": each.version,
            "seen_at": each.seen_at,
            "is_alive": each.seen_at > now - ALIVE,
            "megabytes": round(each.machine.get("process_resident_memory_bytes", 0) / 2**20),
        }
        for each in lately.defer("counts", "state").order_by("role", "name")
    ]
    return {"rows": rows, "scheduler": recent_sign(SCHEDULER, silence=SCHEDULER_SILENCE)}
