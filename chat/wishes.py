"""Wishes for a model's answer where only the fallback voice could speak.

A wish is kept with its turn, whose reply stays as it is. It is carried out by queueing the turn again
once a provider can be asked; when that comes to nothing the wish goes on, for a day at most.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit.recording import record
from chat import turns
from chat.announcing import announce_turn, announce_wish
from chat.briefs import Brief
from chat.dispatching import dispatch_next
from chat.models import Attempt, Turn, TurnStatus
from chat.selectors import find_turn
from core.errors import Conflict
from core.events import emit
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.presence import is_anybody_there

MOST_OF_A_PERSON = 20
MOST_AT_ONCE = 20
MOST_LOOKED_AT = 200
LOOK_AGAIN = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
KEPT_FOR = timedelta(days=1)
_GIVEN_UP = (
    "No model could answer within a day, so this stays the fallback voice's. You can ask for it again."
)


def answer_properly(turn: Turn) -> Turn:
    """Have a model answer what the fallback voice has answered: now, or once one can be asked.

    Raises `Conflict` for any other turn, and when too many of this person's turns wait already.
    """
    if turn.wished_at:
        return turn
    owner = turn.session.owner
    if not _is_by_fallback(turn):
        raise Conflict("A model has answered this, or is about to.", code="turn_not_fallback")
    if _wishes().filter(session__owner=owner).count() >= MOST_OF_A_PERSON:
        raise Conflict(
            f"{MOST_OF_A_PERSON} of your replies wait for a provider already.", code="too_many_wishes"
        )
    spoken = Turn.objects.filter(pk=turn.pk, attempt=turn.attempt, status=TurnStatus.COMPLETE)
    if not spoken.update(wished_at=Now(), wish_due_at=Now() + LOOK_AGAIN):
        return find_turn(turn.pk)  # somebody was faster
    Attempt.objects.filter(turn=turn, number=turn.attempt).update(code="", reason="")
    record("turn.wished", actor=owner, target=turn)
    if not (_is_somebody_there(turn, current_limits()) and _carry_out(turn)):
        announce_wish(find_turn(turn.pk))
    return find_turn(turn.pk)


def carry_out_due() -> int:
    """Queue the turns again whose time has come and for which somebody can be asked, the oldest wish first.

    Returns how many.
    """
    due = _wishes().filter(wish_due_at__lte=Now()).select_related("session", "persona").order_by("wished_at")
    limits, carried_out, absent = current_limits(), 0, []
    answers: dict[tuple[int | None, str], bool] = {}
    for turn in due[:MOST_LOOKED_AT]:
        asked = (turn.persona_id, Brief.from_json(turn.brief).model)
        if asked not in answers:
            answers[asked] = _is_somebody_there(turn, limits)
        if not answers[asked]:
            absent.append(turn.pk)
        elif carried_out < MOST_AT_ONCE:
            carried_out += _carry_out(turn)
    _wishes().filter(pk__in=absent).update(wish_due_at=Now() + LOOK_AGAIN)
    return carried_out


def give_up_old() -> int:
    """End wishes that nobody could fulfil within a day. Their sessions are told. Returns how many."""
    given_up = 0
    for turn in _wishes().filter(wished_at__lt=timezone.now() - KEPT_FOR)[:MOST_LOOKED_AT]:
        if turns.take_back_wish(turn):
            spoken = Attempt.objects.filter(turn=turn, number=turn.attempt)
            spoken.update(code="wish_given_up", reason=_GIVEN_UP)
            announce_wish(find_turn(turn.pk))
            emit("wish_given_up", turn=turn.pk, persona=turn.persona.name if turn.persona else "")
            given_up += 1
    return given_up


def next_try(turn: Turn) -> timedelta:
    """When a wish is due again that came to nothing: the longer it waits, the more rarely."""
    waited = timezone.now() - (turn.wished_at or timezone.now())
    return min(max(waited / 2, LOOK_AGAIN), LONGEST_PAUSE)


def _carry_out(turn: Turn) -> bool:
    if not turns.carry_out_wish(turn):
        return False
    announce_turn(find_turn(turn.pk))
    dispatch_next(turn)
    return True


def _wishes() -> QuerySet[Turn]:
    """Those that wait; one that is being carried out is none of them, nor one of a deleted session."""
    waiting = Turn.objects.filter(wish_due_at__isnull=False, status=TurnStatus.COMPLETE)
    return waiting.filter(session__deleted_at=None)


def _is_by_fallback(turn: Turn) -> bool:
    spoken = turn.current_attempt
    return turn.status == TurnStatus.COMPLETE and bool(spoken and (spoken.provider or {}).get("is_fallback"))


def _is_somebody_there(turn: Turn, limits: EngineLimits) -> bool:
    try:
        cascade = turn.persona.snapshot().cascade if turn.persona else ()
    except (AttributeError, TypeError, ValueError):
        return False  # the persona was stored in a shape that no form lets through
    return is_anybody_there(cascade, limits, model=Brief.from_json(turn.brief).model)
