"""Reading sessions, messages and turns."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from chat.models import OPEN_STATUSES, Message, Session, Turn, TurnStatus
from chat.paths import path_to
from core.composed import Rows, given
from core.errors import NotFound
from core.queries import row_or_none
from memory.recall import something_to_recall

LATELY = timedelta(minutes=10)
_MAY_RECALL = RawSQL(  # noqa: S611  # nosec B611
    something_to_recall(persona="chat_turn.persona_id", person="chat_session.owner_id"),
    (),
    BooleanField(),
)


def sessions_of(user: User) -> QuerySet[Session]:
    """A person's own sessions, the latest first; never a transient or a deleted one."""
    kept = Session.objects.filter(owner=user, is_transient=False, deleted_at=None)
    return kept.select_related("persona")


def deleted_sessions_of(user: User) -> QuerySet[Session]:
    """Those that were deleted and not erased yet."""
    deleted = Session.objects.filter(owner=user, deleted_at__isnull=False)
    return deleted.select_related("persona")


def own_session(user: User, session_id: UUID) -> Session:
    """Raises `NotFound` for what is not there and for what belongs to somebody else alike."""
    return _found(row_or_none(sessions_of(user).filter(pk=session_id)))


@Rows
def _locked_session() -> QuerySet[Session]:
    own = sessions_of(given("owner")).filter(pk=given("session_id", Session.id.field))
    return own.select_for_update(of=("self",)).order_by()


def locked_session(user: User, session_id: UUID) -> Session:
    """`own_session`, held against other senders until the transaction ends."""
    return _found(_locked_session.one(owner=user.pk, session_id=session_id))


def own_turn(user: User, turn_id: int, *, session_id: UUID | None = None) -> Turn:
    """Raises `NotFound`, as `own_session` does."""
    kept = _whole_turns().filter(session__is_transient=False, session__deleted_at=None)
    turns = kept.filter(session__owner=user, pk=turn_id)
    if session_id is not None:
        turns = turns.filter(session=session_id)
    turn = turns.first()
    if turn is None:
        raise NotFound("There is no such turn.", code="turn_not_found")
    return turn


def find_turn(turn_id: int) -> Turn:
    """A turn with everything its wire form needs, whoever owns it."""
    return _whole_turns().get(pk=turn_id)


@Rows
def _waiting_turn() -> QuerySet[Turn]:
    queued = Turn.objects.filter(pk=given("turn_id"), status=TurnStatus.QUEUED).order_by()
    whole = queued.select_related("session", "question", "persona")
    return whole.annotate(may_recall=_MAY_RECALL)  # type: ignore[no-redef]  # only declared


def waiting_turn(turn_id: int) -> Turn | None:
    """A queued turn with what answering it needs, in one query; `may_recall`: something is remembered."""
    return _waiting_turn.one(turn_id=turn_id)


def lost_turns(*, at_once: bool = False) -> QuerySet[Turn]:
    """Running turns whose lease is over; all of them at once when nobody else can be running."""
    running = Turn.objects.filter(status=TurnStatus.STREAMING)
    return running if at_once else running.filter(lease_until__lt=Now())


def lately_open_turns(session_id: UUID) -> set[int]:
    """Turns that are open, or were until a few minutes ago."""
    lately = timezone.now() - LATELY
    turns = Turn.objects.filter(Q(finished_at__isnull=True) | Q(finished_at__gt=lately), session=session_id)
    return set(turns.values_list("pk", flat=True))


def have_any_ended(turn_ids: set[int]) -> bool:
    return Turn.objects.filter(pk__in=turn_ids).exclude(status__in=OPEN_STATUSES).exists()


def own_message(user: User, message_id: int, *, session_id: UUID | None = None) -> Message:
    """What a person said, in a session of their own that is there. Raises `NotFound`."""
    kept = Message.objects.filter(session__is_transient=False, session__deleted_at=None)
    messages = kept.filter(session__owner=user, pk=message_id).select_related("session")
    if session_id is not None:
        messages = messages.filter(session=session_id)
    message = row_or_none(messages)
    if message is None:
        raise NotFound("There is no such message.", code="message_not_found")
    return message


def path_of(session: Session, *, before: int | None = None, limit: int | None = None) -> list[Turn]:
    """The last turns of the path that is shown, in order, with their questions.

    With `before`, those above the message that has this position, whichever path is shown by now; where
    no message has it, those of the path shown that stand before it.
    """
    start = session.head_id
    if before is not None:
        there = Message.objects.filter(session=session, position=before).values_list("parent", flat=True)
        if known := list(there):
            start, before = known[0], None
    return whole(path_to(start, before=before, limit=limit))


def whole(path: QuerySet[Turn]) -> list[Turn]:
    """The turns of a path in order, with everything their wire forms need."""
    turns = path.select_related("persona", "question__author").prefetch_related("attempts")
    return list(reversed(turns))


def messages_of(session: Session, *, before: int | None = None, limit: int) -> list[Message]:
    """The last `limit` messages before a position, in order, with all versions."""
    messages = Message.objects.filter(session=session).select_related("author")
    if before is not None:
        messages = messages.filter(position__lt=before)
    return list(reversed(messages.order_by("-position")[:limit]))


def turns_on(messages: list[Message]) -> list[Turn]:
    """All turns that answer these messages, in order."""
    return list(
        Turn.objects.filter(question__in=[message.pk for message in messages])
        .select_related("persona")
        .prefetch_related("attempts")
        .order_by("position")
    )


def _found(session: Session | None) -> Session:
    if session is None:
        raise NotFound("There is no such session.", code="session_not_found")
    return session


def _whole_turns() -> QuerySet[Turn]:
    return Turn.objects.select_related("session", "question__author", "persona").prefetch_related("attempts")


def exchanges_of(session: Session, *, before: int | None, limit: int) -> dict[str, Any]:
    """A page of a session's history (CH-6): each message with each reply to it, in order."""
    messages = messages_of(session, before=before, limit=limit)
    by_question = {message.pk: message for message in messages}
    items = [
        {
            "session": session.pk,
            "time": by_question[turn.question_id].created_at,
            "persona": turn.persona.slug if turn.persona else turn.snapshot.get("slug", ""),
            "message": by_question[turn.question_id].text,
            "response": turn.current_attempt.text if turn.current_attempt else "",
            "provider": _provider_name(turn),
            "status": turn.status,
        }
        for turn in turns_on(messages)
    ]
    is_more = bool(messages) and messages[0].position > 1
    return {"items": items, "next_before": messages[0].position if is_more else None}


def _provider_name(turn: Turn) -> str:
    provider = turn.current_attempt.provider if turn.current_attempt else None
    return str((provider or {}).get("name", ""))
