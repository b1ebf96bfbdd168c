"""Counting once more, in another way: what the database added up is added up again row by row."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.utils import timezone

from diagnostics.models import Recount
from diagnostics.tiles import calls, learning
from usage.models import CallOutcome

Row = TypeVar("Row")
MOST_ROWS = 100_000
TRIES = 3


class TooMany(Exception):
    """There are more rows than one wants to go through every minute."""


def recount_tiles() -> None:
    since = timezone.now() - calls.HOUR
    _recount("requests", lambda: _rounded(calls.sums_since(since)), lambda: _rounded(_sums(since)))
    _recount("providers", lambda: _by_provider(calls.counts_since(since)), lambda: _counts(since))
    _recount(
        "learning", lambda: _learned(since), lambda: learning.summed(_within(learning.rows_since(since)))
    )


def _recount(tile: str, figures: Callable[[], Any], again: Callable[[], Any]) -> None:
    """Keep whether they agree. While figures change from one look to the next, nothing can be said."""
    for _ in range(TRIES):
        before = figures()
        try:
            counted = again()
        except TooMany:
            return
        if before == figures():
            detail = "" if counted == before else f"counted {counted}, shown {before}"
            Recount.objects.update_or_create(
                tile=tile,
                defaults={"checked_at": timezone.now(), "agrees": counted == before, "detail": detail[:500]},
            )
            return


def _rounded(sums: dict[str, Any]) -> dict[str, Any]:
    """SQLite adds money up as floating-point numbers."""
    return sums | {"cost": None if sums["cost"] is None else f"{sums['cost']:.6f}"}


def _learned(since: datetime) -> dict[str, int]:
    found: dict[str, int] = learning.sums({"hour": since}, last_since=since)["hour"]
    return found


def _learned_again(since: datetime) -> dict[str, int]:
    return learning.summed(_within(learning.rows_since(since)))


def _rows(since: datetime) -> list[dict[str, Any]]:
    return _within(calls.rows_since(since))


def _within(rows: Iterable[Row]) -> list[Row]:
    found = list(islice(rows, MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise TooMany
    return found


def _sums(since: datetime) -> dict[str, Any]:
    rows = _rows(since)
    costs: list[Decimal] = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    is_unpriced = [row["cost_usd"] is None and row["outcome"] != CallOutcome.OPEN for row in rows]
    return {
        "calls": len(rows),
        "replies": len({row["turn_id"] for row in rows} - {None}),
        "failed": sum(row["outcome"] == CallOutcome.FAILED for row in rows),
        "tokens_in": sum(row["tokens_in"] for row in rows),
        "tokens_out": sum(row["tokens_out"] for row in rows),
        "cost": sum(costs, Decimal(0)) if costs else None,
        "unpriced": sum(is_unpriced),
    }


def _counts(since: datetime) -> dict[str, tuple[int, int, int]]:
    counts = Counter((row["provider"], row["outcome"]) for row in _rows(since))
    providers = {provider for provider, _ in counts}
    return {
        each: (
            sum(count for (provider, _), count in counts.items() if provider == each),
            counts[each, CallOutcome.ANSWERED],
            counts[each, CallOutcome.FAILED],
        )
        for each in providers
    }


def _by_provider(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    return {row["provider"]: (row["calls"], row["answered"], row["failed"]) for row in rows}
