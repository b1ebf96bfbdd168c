"""Replies for programs: a turn in a session of its own, which nobody sees and which does not stay."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from chat.briefs import Brief
from chat.dispatching import dispatch
from chat.models import OPEN_STATUSES, Attempt, Session, Turn
from chat.services import store_question
from core.composed import Insert
from personas.models import Persona

BLANKED_AFTER = timedelta(minutes=1)
DELETED_AFTER = timedelta(hours=1)
BATCH = 500
_add_session = Insert(Session)


def submit_transient(user: User, *, session_id: UUID, persona: Persona, brief: Brief) -> Turn:
    """Store what a program asks for, and tell a worker. The session's id is new; `brief` has the question."""
    with transaction.atomic():
        session = Session(id=session_id, owner=user, persona=persona, is_transient=True)
        turn = store_question(session, author=user, client_id=session_id.hex, text="", brief=brief)
        session.next_position += 2
        _add_session(session)
    dispatch(turn.pk, turn.session.mode)
    return turn


def blank(turn_ids: list[int]) -> None:
    """Take the text out of turns that are over. Who asked, and what it took, stays in the ledger."""
    Turn.objects.filter(pk__in=turn_ids).update(brief=None, snapshot={})
    Attempt.objects.filter(turn__in=turn_ids).exclude(text="").update(text="", html="")


def forget_delivered() -> int:
    """Blank what ended a while ago and was not blanked, because its caller or its server was lost.

    Returns how many turns that were.
    """
    ended = _transient_turns().filter(brief__isnull=False, finished_at__lt=timezone.now() - BLANKED_AFTER)
    turn_ids = list(ended.values_list("pk", flat=True)[:BATCH])
    blank(turn_ids)
    return len(turn_ids)


def delete_expired() -> int:
    """Delete transient sessions after an hour, with all they hold. Returns how many."""
    begun_before = timezone.now() - DELETED_AFTER
    expired = (
        Session.objects.filter(is_transient=True, created_at__lt=begun_before)
        .exclude(turns__in=_transient_turns().filter(status__in=OPEN_STATUSES))
        .order_by("created_at")
    )
    session_ids = list(expired.values_list("pk", flat=True)[:BATCH])
    Session.objects.filter(pk__in=session_ids).delete()
    return len(session_ids)


def _transient_turns() -> QuerySet[Turn]:
    return Turn.objects.filter(session__is_transient=True)
