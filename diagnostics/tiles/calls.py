"""Tiles that are read from the ledger of calls, in windows that an index bounds."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from diagnostics.models import Event
from diagnostics.tiles.asking import Figures
from usage.models import Call, CallOutcome

HOUR = timedelta(hours=1)
MOST_MEASURED = 2_000
"""The newest answers of an hour, of which percentiles are taken."""
FEW = 10
_LEDGER_FIELDS = ("provider", "outcome", "turn_id", "tokens_in", "tokens_out", "cost_usd")
_UNPRICED = Q(cost_usd=None) & ~Q(outcome=CallOutcome.OPEN)


def requests() -> Figures:
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"hour": sums_since(now - HOUR), "today": sums_since(midnight)}


def sums_since(since: datetime) -> dict[str, Any]:
    return Call.objects.filter(started_at__gte=since).aggregate(
        calls=Count("pk"),
        replies=Count("turn_id", distinct=True),
        failed=Count("pk", filter=Q(outcome=CallOutcome.FAILED)),
        tokens_in=Sum("tokens_in", default=0),
        tokens_out=Sum("tokens_out", default=0),
        cost=Sum("cost_usd"),
        unpriced=Count("pk", filter=_UNPRICED),
    )


def providers() -> Figures:
    since = timezone.now() - HOUR
    counts = counts_since(since)
    taken_over = failovers_since(since)
    times = _times_since(since)
    for row in counts:
        row["failovers"] = taken_over.get(row["provider"], 0)
        row.update(times.get(row["provider"], {}))
    most = max((row["calls"] for row in counts), default=0)
    return {"rows": counts, "most": most, "failovers": sum(taken_over.values())}


def counts_since(since: datetime) -> list[dict[str, Any]]:
    rows = Call.objects.filter(started_at__gte=since).order_by().values("provider")
    counted = rows.annotate(
        calls=Count("pk"),
        answered=Count("pk", filter=Q(outcome=CallOutcome.ANSWERED)),
        failed=Count("pk", filter=Q(outcome=CallOutcome.FAILED)),
    )
    return [dict(row) for row in counted.order_by("-calls", "provider")]


def failovers_since(since: datetime) -> dict[str, int]:
    """How often others were asked in the place of each."""
    rows = Event.objects.filter(kind="failover", at__gte=since).order_by().values("facts__provider")
    return {row["facts__provider"]: row["count"] for row in rows.annotate(count=Count("pk"))}


def _times_since(since: datetime) -> dict[str, dict[str, float]]:
    answered = Call.objects.filter(started_at__gte=since, outcome=CallOutcome.ANSWERED)
    newest = answered.order_by("-started_at").values_list("provider", "first_token_ms", "duration_ms")
    firsts: dict[str, list[float]] = {}
    totals: dict[str, list[float]] = {}
    for provider, first, total in newest[:MOST_MEASURED]:
        firsts.setdefault(provider, []).append(first or 0.0)
        totals.setdefault(provider, []).append(total or 0.0)
    return {
        provider: {
            "first_p50": percentile(firsts[provider], 50),
            "first_p95": percentile(firsts[provider], 95),
            "total_p50": percentile(totals[provider], 50),
            "total_p95": percentile(totals[provider], 95),
        }
        for provider in totals
    }


def percentile(milliseconds: Iterable[float], percent: int) -> float:
    """The smallest that so many percent of them do not exceed."""
    ordered = sorted(milliseconds)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def errors() -> Figures:
    lately = timezone.now() - timedelta(days=1)
    failed: QuerySet[Call] = Call.objects.filter(outcome=CallOutcome.FAILED, started_at__gte=lately)
    return {"rows": list(failed.order_by("-started_at")[:FEW])}


def rows_since(since: datetime) -> Iterable[dict[str, Any]]:
    """The ledger row by row, for recounting."""
    rows = Call.objects.filter(started_at__gte=since).order_by().values(*_LEDGER_FIELDS)
    return (dict(row) for row in rows.iterator(2_000))
