"""What people do with their sessions as wholes: name, pin, archive and delete them, and take that back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit.recording import record
from accounts.models import User
from chat import remembering
from chat.announcing import announce_deletion, announce_session
from chat.models import OPEN_STATUSES, Message, Session, Turn
from chat.selectors import deleted_sessions_of, find_turn, locked_session
from chat.services import stop_turn
from chat.titles import checked_title, title_from
from core.errors import NotFound
from core.queries import row_or_none

KEPT_AFTER_DELETION = timedelta(days=7)
_BATCH = 100


def change_session(
    user: User,
    session_id: UUID,
    *,
    title: str | None = None,
    is_pinned: bool | None = None,
    is_archived: bool | None = None,
) -> Session:
    """Change what is given. An empty title gives back the one by the first message.

    Raises `NotFound`, or `InvalidInput` for what is no title.
    """
    changes: dict[str, Any] = {"is_pinned": is_pinned, "is_archived": is_archived}
    with transaction.atomic():
        session = locked_session(user, session_id)
        if title is not None:
            changes["title"] = checked_title(title) or _title_by_rule(session)
        changed = {name: value for name, value in changes.items() if value is not None}
        for name, value in changed.items():
            setattr(session, name, value)
        session.save(update_fields=changed)
    announce_session(session)
    return session


def delete_session(user: User, session_id: UUID) -> Session:
    """Hide it at once from everywhere and stop its replies; it can be restored for some days."""
    with transaction.atomic():
        session = locked_session(user, session_id)
        session.deleted_at = timezone.now()
        session.save(update_fields=["deleted_at"])
        remembering.withdraw(session)
        record("session.deleted", actor=user, target=session)
    announce_deletion(session)
    stop_replies(session)
    return session


def restore_session(user: User, session_id: UUID) -> Session:
    """Take the deletion back; one that is not deleted stays as it is. Raises `NotFound`."""
    with transaction.atomic():
        deleted = deleted_sessions_of(user).select_for_update(of=("self",)).filter(pk=session_id)
        if session := row_or_none(deleted.filter(deleted_at__gt=timezone.now() - KEPT_AFTER_DELETION)):
            session.deleted_at = None
            session.save(update_fields=["deleted_at"])
            remembering.restore(session)
            record("session.restored", actor=user, target=session)
            return session
        return locked_session(user, session_id)


def deleted_session(user: User, session_id: UUID) -> Session:
    """One that can still be restored. Raises `NotFound`."""
    recently = deleted_sessions_of(user).filter(deleted_at__gt=timezone.now() - KEPT_AFTER_DELETION)
    session = row_or_none(recently.filter(pk=session_id))
    if session is None:
        raise NotFound("There is no such session.", code="session_not_found")
    return session


def stop_replies(session: Session) -> None:
    """The last one first, so that none begins because the one before it has ended."""
    turns = Turn.objects.filter(session=session, status__in=OPEN_STATUSES).order_by("-position")
    for turn_id in turns.values_list("pk", flat=True):
        stop_turn(find_turn(turn_id))


def erase_deleted() -> int:
    """Delete what was deleted days ago, with all its texts; the ledger's rows stay. Returns how many."""
    long_ago = timezone.now() - KEPT_AFTER_DELETION
    ended = Session.objects.filter(deleted_at__lt=long_ago).exclude(
        turns__in=Turn.objects.filter(session__deleted_at__lt=long_ago, status__in=OPEN_STATUSES)
    )
    session_ids = list(ended.order_by("deleted_at").values_list("pk", flat=True)[:_BATCH])
    with transaction.atomic():
        remembering.forget(session_ids)
        Session.objects.filter(pk__in=session_ids).delete()
    return len(session_ids)


def _title_by_rule(session: Session) -> str:
    first = (
        Message.objects.filter(session=session).order_by("position").values_list("text", flat=True).first()
    )
    return title_from(first or "")
