"""The states of a turn. Only this module changes the status or the attempt of a turn.

    queued ──claim──▶ streaming ──finish──▶ complete | failed | cancelled | interrupted
      ▲  │                │  ▲                                │         │         │
      │  └─cancel─────────┼──┼──▶ cancelled                   └─────────┴─────────┘
      │                   │  └restart (next attempt)                     │
      ├──────lost─────────┘                                              │
      └───────────────────────────run again──────────────────────────────┘

A complete turn that only the fallback voice has answered is queued again by a wish; when nobody else can
answer then either, it is complete as it was before.

Every change is a conditional UPDATE. The attempt number is the fence: who holds an older one changes
nothing. Functions return False or None when somebody else was faster.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from chat import line
from chat.models import Attempt, Message, Turn, TurnStatus
from core.composed import Insert, Update, given
from core.queries import in_single_file

LEASE = timedelta(seconds=30)
MOST_LOSSES = 2
_NO_WISH: dict[str, Any] = {"wished_at": None, "wish_due_at": None}


@dataclass(frozen=True, slots=True)
class Held:
    """The right to write one attempt of a turn, as long as the fence lets it through."""

    turn_id: int
    attempt: int


def _fenced(held: Held) -> QuerySet[Turn]:
    return Turn.objects.filter(pk=held.turn_id, attempt=held.attempt, status=TurnStatus.STREAMING)


def _attempt(held: Held) -> QuerySet[Attempt]:
    return Attempt.objects.filter(turn_id=held.turn_id, number=held.attempt)


def _taking(condition: Callable[[], Q], **values: Any) -> Update:
    """The claim, where a condition holds."""
    waiting = {"pk": given("turn_id"), "attempt": given("before")}
    return Update(
        lambda: Turn.objects.filter(line.is_head(), condition(), **waiting),
        status=TurnStatus.STREAMING,
        attempt=given("attempt"),
        snapshot=given("snapshot", Turn.snapshot.field),
        is_stop_requested=False,
        lease_until=Now() + LEASE,
        finished_at=None,
        **values,
    )


_ANY = Held(given("turn_id"), given("attempt"))
_take_with_place = _taking(lambda: line.has_place(given("places")), waits_since=None)
_add_attempt = Insert(Attempt)
_renew_lease = Update(lambda: _fenced(_ANY).filter(is_stop_requested=False), lease_until=Now() + LEASE)
_keep_text = Update(lambda: _attempt(_ANY), text=given("text"), event_id=given("event_id"))
_end_turn = Update(
    lambda: _fenced(_ANY),
    status=given("status"),
    finished_at=Now(),
    lease_until=None,
    is_unlearned=given("is_unlearned"),
    **_NO_WISH,
)
_ENDED = ("status", "text", "html", "provider", "usage", "story", "receipt", "code", "reason")
_end_attempt = Update(
    lambda: _attempt(_ANY),
    **{name: given(name, Attempt._meta.get_field(name)) for name in _ENDED},
)


def claim(turn: Turn, *, places: int, snapshot: dict[str, Any], event_id: str = "") -> Held | None:
    """Take a turn that is next in its session, and one of the places, as a new attempt, for one lease.

    `turn` is as it was read; the snapshot is what it will be answered with; `event_id` is the last
    live event before the attempt.
    """
    return _taken(turn, _take_with_place, places=places, snapshot=snapshot, event_id=event_id)


def claim_without_place(
    turn: Turn, *, longest_wait: float, snapshot: dict[str, Any], event_id: str = ""
) -> Held | None:
    """Take a turn that has waited for a place for so many seconds. It must not be asked for a model."""
    take = _taking(lambda: line.is_overdue(longest_wait))
    return _taken(turn, take, snapshot=snapshot, event_id=event_id)


def _taken(turn: Turn, take: Update, *, event_id: str, **values: Any) -> Held | None:
    held = Held(turn.pk, turn.attempt + 1)
    try:
        with transaction.atomic():
            in_single_file("places")
            taken = take(turn_id=turn.pk, before=turn.attempt, attempt=held.attempt, **values)
            if taken:
                _add_attempt(Attempt(turn_id=turn.pk, number=held.attempt, event_id=event_id))
            return held if taken else None
    except IntegrityError:
        return None


class Standing(Enum):
    """What a checkpoint finds out about its turn."""

    HELD = auto()
    STOP_REQUESTED = auto()
    LOST = auto()  # somebody else's by now


def checkpoint(held: Held, *, text: str, event_id: str) -> Standing:
    """Keep the text so far and renew the lease, an expired one too."""
    with transaction.atomic():
        if _renew_lease(**asdict(held)):
            _keep_text(**asdict(held), text=text, event_id=event_id)
            return Standing.HELD
    return Standing.STOP_REQUESTED if _fenced(held).exists() else Standing.LOST


def restart(held: Held, *, text: str, reason: str, event_id: str = "") -> Held | None:
    """Put this attempt's text aside and begin the next one."""
    with transaction.atomic():
        if not _fenced(held).update(attempt=F("attempt") + 1, lease_until=Now() + LEASE):
            return None
        _attempt(held).update(text=text, status=TurnStatus.INTERRUPTED, reason=reason[:300], code="replaced")
        following = Held(held.turn_id, held.attempt + 1)
        Attempt.objects.create(turn_id=held.turn_id, number=following.attempt, event_id=event_id)
        return following


def finish(
    turn: Turn, held: Held, *, status: TurnStatus, text: str, is_unlearned: bool = False, **fields: Any
) -> bool:
    """End attempt and turn, in the database and in `turn`. The other fields are those of `Attempt`."""
    ended = Attempt(turn=turn, number=held.attempt, status=status, text=text, **fields)
    values = {name: getattr(ended, name) for name in _ENDED}
    with transaction.atomic():
        if not _end_turn(**asdict(held), status=status, is_unlearned=is_unlearned):
            return False
        _end_attempt(**asdict(held), **values)
    turn.status, turn.attempt, turn.finished_at = status, held.attempt, timezone.now()
    turn.wished_at = None
    turn.current_attempt = ended
    return True


def give_back(held: Held) -> bool:
    """Queue a turn again of which nothing was seen yet, because its worker goes down.

    Not one that a person wants stopped: it would be answered after all.
    """
    with transaction.atomic():
        wanted = _fenced(held).filter(is_stop_requested=False)
        if not wanted.update(status=TurnStatus.QUEUED, lease_until=None, waits_since=None):
            return False
        _attempt(held).update(status=TurnStatus.INTERRUPTED, code="server_stopped")
        return True


def request_stop(turn: Turn) -> bool:
    """Cancel a waiting turn at once (True); a running one is asked to stop (False)."""
    if Turn.objects.filter(pk=turn.pk, status=TurnStatus.QUEUED).update(
        status=TurnStatus.CANCELLED, finished_at=Now(), **_NO_WISH
    ):
        return True
    Turn.objects.filter(pk=turn.pk, status=TurnStatus.STREAMING).update(is_stop_requested=True)
    return False


def run_again(turn: Turn) -> bool:
    """Queue a turn again that ended without being complete. Its earlier texts stay readable."""
    endings = (TurnStatus.FAILED, TurnStatus.CANCELLED, TurnStatus.INTERRUPTED)
    return _queue_again(Turn.objects.filter(pk=turn.pk, status__in=endings))


def carry_out_wish(turn: Turn) -> bool:
    """Queue a turn again whose owner waits for a model's answer."""
    return _queue_again(_wished(turn).filter(status=TurnStatus.COMPLETE))


def _queue_again(turns: QuerySet[Turn]) -> bool:
    return bool(
        turns.update(
            status=TurnStatus.QUEUED,
            is_stop_requested=False,
            lost_count=0,
            finished_at=None,
            waits_since=None,
            dispatched_at=Now(),
        )
    )


def speak_as_before(held: Held, *, due_in: timedelta | None) -> bool:
    """End an attempt without text at a wish: the reply is again what the fallback voice had said.

    The wish is due again after that time; with None it is over.
    """
    left = {"wish_due_at": Now() + due_in} if due_in else _NO_WISH
    with transaction.atomic():
        ended = {"status": TurnStatus.COMPLETE, "finished_at": Now(), "lease_until": None}
        if not _fenced(held).update(**ended, **left):
            return False
        _bring_back_text(held)
        return True


def take_back_wish(turn: Turn) -> bool:
    """End the wish of a turn that nobody works on; its reply is what the fallback voice had said."""
    with transaction.atomic():
        waiting = _wished(turn).filter(status__in=(TurnStatus.COMPLETE, TurnStatus.QUEUED))
        finished_at = Coalesce("finished_at", Now())
        if not waiting.update(status=TurnStatus.COMPLETE, finished_at=finished_at, **_NO_WISH):
            return False
        _bring_back_text(Held(turn.pk, turn.attempt))
        return True


def _wished(turn: Turn) -> QuerySet[Turn]:
    return Turn.objects.filter(pk=turn.pk, attempt=turn.attempt, wished_at__isnull=False)


def _bring_back_text(held: Held) -> None:
    """Give the number of the attempt that came to nothing to the one that was spoken before it."""
    spoken = Attempt.objects.filter(turn_id=held.turn_id, status=TurnStatus.COMPLETE).order_by("-number")[0]
    if spoken.number != held.attempt:
        _attempt(held).delete()
        Attempt.objects.filter(pk=spoken.pk).update(number=held.attempt)


def release_lost(turn: Turn, *, at_once: bool = False) -> TurnStatus | None:
    """Take a turn from a worker that is gone: its lease is over, or nobody else can be running.

    Without visible text it is queued again, at most `MOST_LOSSES` times; with text it is interrupted.
    Returns the new status, or None when the turn was alive after all.
    """
    held = Held(turn.pk, turn.attempt)
    with transaction.atomic():
        text = _attempt(held).values_list("text", flat=True).first() or ""
        is_again = not text and turn.lost_count < MOST_LOSSES and not turn.is_stop_requested
        status = TurnStatus.QUEUED if is_again else TurnStatus.INTERRUPTED
        left: dict[str, Any] = {"lease_until": None, "waits_since": None}
        if not is_again:
            left |= {"finished_at": Now(), **_NO_WISH}
        lost = _fenced(held) if at_once else _fenced(held).filter(lease_until__lt=Now())
        if not lost.update(status=status, lost_count=F("lost_count") + 1, **left):
            return None
        _attempt(held).update(
            status=TurnStatus.INTERRUPTED, code="worker_lost", reason="The worker that wrote this was lost."
        )
        return status


def imported(question: Message, *, position: int, who: str) -> Turn:
    """A turn that was answered elsewhere, by `who`; still to be stored."""
    return Turn(
        session_id=question.session_id,
        question=question,
        position=position,
        status=TurnStatus.COMPLETE,
        attempt=1,
        snapshot={"slug": "", "name": who[:60]},
        finished_at=timezone.now(),
    )


def unanswered(question: Message, *, position: int) -> Turn:
    """A turn for a message that came without a reply: nothing goes on but from a turn. Still to be stored."""
    turn = imported(question, position=position, who="VALIS")
    turn.status, turn.persona, turn.snapshot = TurnStatus.CANCELLED, question.session.persona, {}
    return turn


def unanswered_attempt(turn: Turn) -> Attempt:
    """Says so; still to be stored."""
    reason = "There was no reply to this where it came from."
    return Attempt(turn=turn, number=1, status=TurnStatus.CANCELLED, code="not_answered", reason=reason)


def imported_attempt(turn: Turn, *, text: str, html: str, provider: dict[str, Any]) -> Attempt:
    """Its text; still to be stored."""
    return Attempt(turn=turn, number=1, status=TurnStatus.COMPLETE, text=text, html=html, provider=provider)
