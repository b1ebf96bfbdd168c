"""Reading what other people wrote, for the few who have that right. Each time is audited."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.audit.recording import record
from accounts.models import User
from accounts.rights import Right
from chat.models import Session, Turn
from chat.selectors import own_session, own_turn, sessions_of
from core.errors import NotFound


def readable_session(reader: User, session_id: UUID) -> Session:
    """One's own session, or anybody's for who may read it. Raises `NotFound`."""
    try:
        return own_session(reader, session_id)
    except NotFound:
        owner = User.objects.filter(chat_sessions=session_id).first()
        if owner is None or not reader.may(Right.READ_OTHERS_CHATS):
            raise
    session = own_session(owner, session_id)
    record("chat.read", actor=reader, target=session, name=owner.username)
    return session


def readable_turn(reader: User, turn_id: int) -> Turn:
    """One's own turn, or anybody's for who may read it. Raises `NotFound`."""
    try:
        return own_turn(reader, turn_id)
    except NotFound:
        owner = User.objects.filter(chat_sessions__turns__pk=turn_id).first()
        if owner is None or not reader.may(Right.READ_OTHERS_CHATS):
            raise
    turn = own_turn(owner, turn_id)
    record("receipt.read", actor=reader, target=turn.session, name=owner.username, turn=turn_id)
    return turn


def sessions_of_person(reader: User, username: str) -> QuerySet[Session]:
    """The sessions of somebody else, for a reader who has the right. Raises `NotFound`."""
    owner = User.objects.filter(username=username).first()
    if owner is None:
        raise NotFound("There is nobody of this name.")
    record("chats.listed", actor=reader, target=owner, name=username)
    return sessions_of(owner)
