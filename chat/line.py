"""The line of turns that wait for a place. A running turn is a place; there are so many and no more.

The oldest first: `ORDER` and `_AHEAD` say so, each in its own way. There the mode of a session would
count, once there are others than the chats of people, who go first.
"""

from datetime import timedelta
from typing import Any

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now

from chat.models import Turn, TurnStatus
from core.composed import Tuples, given

# Not the number itself, nor in `_AHEAD`: SQLite would go through all turns that there ever were in its order,
# in place of the few that are open, which have an index.
ORDER = (F("pk") + 0,)

# Written out: composing it costs the ORM a millisecond, and each reply needs it three times.
# In two parts, because each of them has an index that is as small as the number of open turns.
_NOTHING_AHEAD = """
    NOT EXISTS (
        SELECT 1 FROM chat_turn AS other
        WHERE other.session_id = chat_turn.session_id AND other.status = 'streaming'
            AND other.id <> chat_turn.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM chat_turn AS other
        WHERE other.session_id = chat_turn.session_id AND other.status = 'queued'
            AND other.position < chat_turn.position
    )
"""
# One that is answered without a place keeps the moment since when it waits.
_BUSY = """(
    SELECT COUNT(*) FROM chat_turn AS other WHERE other.status = 'streaming' AND other.waits_since IS NULL
)"""
_AHEAD = """(
    SELECT COUNT(*) FROM chat_turn AS other
    WHERE other.status = 'queued' AND other.id + 0 < chat_turn.id
        AND NOT EXISTS (
            SELECT 1 FROM chat_turn AS third
            WHERE third.session_id = other.session_id AND third.status = 'streaming'
        )
        AND NOT EXISTS (
            SELECT 1 FROM chat_turn AS third
            WHERE third.session_id = other.session_id AND third.status = 'queued'
                AND third.position < other.position
        )
)"""
# Those before it are counted only where there is a place at all.
_HAS_PLACE = f"CASE WHEN {_BUSY} >= %s THEN FALSE ELSE {_BUSY} + {_AHEAD} < %s END"


def _condition(sql: str, *values: Any) -> Q:
    return Q(RawSQL(sql, values, output_field=BooleanField()))  # noqa: S611  # nosec B611  (no input)


def is_head() -> Q:
    """Condition: queued, and nothing before it or running in its session."""
    return _condition(_NOTHING_AHEAD) & Q(status=TurnStatus.QUEUED)


def has_place(places: int) -> Q:
    """Condition: a place is free that nobody before it in the line may have."""
    return _condition(_HAS_PLACE, places, places)


def is_overdue(longest_wait: float) -> Q:
    """Condition: it has waited for a place for so many seconds."""
    return Q(waits_since__lte=Now() - timedelta(seconds=longest_wait))


def busy_places() -> int:
    return Turn.objects.filter(status=TurnStatus.STREAMING, waits_since=None).count()


def waiting_for_place() -> QuerySet[Turn]:
    """Turns that could run and were left waiting because all places were busy, in their order."""
    return Turn.objects.filter(is_head(), waits_since__isnull=False).order_by(*ORDER)


def first_of_line(places: int) -> QuerySet[Turn]:
    """The turn whose time has come, if a place is free."""
    return Turn.objects.filter(is_head(), _condition(f"{_BUSY} < %s", places)).order_by(*ORDER)[:1]


@Tuples
def next_after() -> QuerySet[Any, Any]:
    """Whoever may go on when a turn of a session has ended: the next of it, and the first who waits."""
    queued = Turn.objects.filter(status=TurnStatus.QUEUED)
    session = given("session_id", Turn.session.field)
    of_session = queued.filter(session=session).order_by("position").values("pk")[:1]
    of_line = queued.filter(waits_since__isnull=False).order_by(*ORDER).values("pk")[:1]
    following = Turn.objects.filter(Q(pk=of_session) | Q(pk=of_line)).order_by(*ORDER)
    return following.values_list("pk", "session__mode")


def waiting_heads(*, undispatched_for: timedelta) -> QuerySet[Turn]:
    """Turns that could run, wait for no place, and of which no worker was told for a while."""
    untold = Q(dispatched_at__isnull=True) | Q(dispatched_at__lte=Now() - undispatched_for)
    return Turn.objects.filter(is_head(), untold, waits_since=None).order_by(*ORDER)


def mark_dispatched(turn_ids: list[int]) -> None:
    Turn.objects.filter(pk__in=turn_ids, status=TurnStatus.QUEUED).update(dispatched_at=Now())


def leave_waiting(turn: Turn) -> bool:
    """Note since when a turn waits that could run if there were a place; False if it is not one."""
    waiting = Turn.objects.filter(is_head(), pk=turn.pk, attempt=turn.attempt)
    return bool(waiting.update(waits_since=Coalesce("waits_since", Now())))


def forget_waits() -> None:
    """Let every turn wait anew: while nobody was there to answer, no place was missing."""
    Turn.objects.filter(status=TurnStatus.QUEUED, waits_since__isnull=False).update(waits_since=None)
