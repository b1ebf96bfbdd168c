"""A session as somebody sees it who has heard nothing of it yet."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from chat.models import Session, Turn, TurnStatus
from chat.presenting import conversation_form
from chat.prospects import prospects_of
from chat.selectors import own_session, path_of

SNAPSHOT_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`replay_from` is the last live event that is in all of the running texts, if any runs."""

    form: dict[str, Any]
    replay_from: str


def conversation_snapshot(user: User, session_id: UUID, *, limit: int = SNAPSHOT_MESSAGES) -> Snapshot:
    """The last messages of one's own session with their replies. Raises `NotFound`."""
    return snapshot_of(own_session(user, session_id), limit=limit)


def snapshot_of(session: Session, *, before: int | None = None, limit: int = SNAPSHOT_MESSAGES) -> Snapshot:
    """The last messages of the path that is shown, each with its reply; or those above the message there."""
    turns = path_of(session, before=before, limit=limit)
    return Snapshot(conversation_form(session, turns, prospects_of(turns)), _replay_from(turns))


def _replay_from(turns: list[Turn]) -> str:
    contained = [
        turn.current_attempt.event_id
        for turn in turns
        if turn.status == TurnStatus.STREAMING and turn.current_attempt and turn.current_attempt.event_id
    ]
    return min(contained, default="")
