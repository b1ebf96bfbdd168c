"""How personas learn from chats: what waits, what runs, and what came of it. Never what was learned."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, IntegerField, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from chat.learning import unlearned
from diagnostics.models import Event
from diagnostics.tiles.asking import Figures
from memory.learning import holding

DAY = timedelta(days=1)
CHANGES = ("added", "updated", "contradicted", "strengthened", "forgotten", "left_out")
_LEARNED, _REFUSED, _GIVEN_UP = "learned", "learning_unreadable", "learning_given_up"
_KINDS = (_LEARNED, _REFUSED, _GIVEN_UP)


def learning() -> Figures:
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    windows = {"hour": now - timedelta(hours=1), "today": midnight}
    waiting = unlearned().aggregate(count=Count("pk"), oldest=Min("finished_at"))
    return {
        "waiting": waiting["count"],
        "oldest": waiting["oldest"],
        "running": holding.running(),
        **sums(windows, last_since=now - DAY),
    }


def sums(windows: Mapping[str, datetime], *, last_since: datetime) -> dict[str, Any]:
    """By window what came of learning since then, and when something was learned `last`. One statement."""
    asked: dict[str, Aggregate] = {"last": Max("at", filter=Q(kind=_LEARNED))}
    for window, since in windows.items():
        asked |= {f"{window}__{name}": each for name, each in _aggregates(Q(at__gte=since)).items()}
    found = _events(min(last_since, *windows.values())).aggregate(**asked)
    return {"last": found.pop("last")} | {
        window: {name.split("__")[1]: found[name] for name in found if name.startswith(f"{window}__")}
        for window in windows
    }


def rows_since(since: datetime) -> Iterable[tuple[str, dict[str, Any]]]:
    """Kinds and facts one by one, for recounting."""
    return _events(since).values_list("kind", "facts").iterator(2_000)


def summed(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
    """The same as `sums` has for a window, added up here."""
    counted = Counter(dict.fromkeys((*CHANGES, "refused", "given_up"), 0))
    for kind, facts in rows:
        counted["refused"] += kind == _REFUSED
        counted["given_up"] += int(facts.get("exchanges", 0)) if kind == _GIVEN_UP else 0
        if kind == _LEARNED:
            counted.update({name: int(facts.get(name, 0)) for name in CHANGES})
    return dict(counted)


def _aggregates(when: Q) -> dict[str, Aggregate]:
    changes = {name: _sum(name, when & Q(kind=_LEARNED)) for name in CHANGES}
    return changes | {
        "refused": Count("pk", filter=when & Q(kind=_REFUSED)),
        "given_up": _sum("exchanges", when & Q(kind=_GIVEN_UP)),
    }


def _sum(fact: str, when: Q) -> Aggregate:
    return Sum(Cast(KT(f"facts__{fact}"), IntegerField()), filter=when, default=0)


def _events(since: datetime) -> QuerySet[Event]:
    return Event.objects.filter(at__gte=since, kind__in=_KINDS).order_by()
