"""What the listeners of a session hear. Names and fields are those of `docs/reference/protocol.md`."""

from typing import Any
from uuid import UUID

from chat.models import Session, Turn
from chat.paths import ONLY, Versions
from chat.presenting import message_form, session_form, turn_form
from chat.turns import Held
from core import live

CONTROL = "control"
LINE = "line"
DELETED = "session.deleted"
PATH = "path"


def topic_of(session_id: UUID | str) -> str:
    return f"session:{session_id}"


class Announcer:
    """Publishes what happens to one running turn."""

    def __init__(self, session_id: UUID) -> None:
        self.topic = topic_of(session_id)

    def started(self, held: Held, *, persona: dict[str, Any], provider: dict[str, Any]) -> None:
        self._say("turn.started", held, persona=persona, provider=provider)

    def delta(self, held: Held, *, at: int, text: str) -> None:
        self._say("turn.delta", held, at=at, text=text)

    def block(self, held: Held, *, at: int, end: int, html: str) -> None:
        self._say("turn.block", held, at=at, end=end, html=html)

    def restarted(self, held: Held, *, reason: str) -> None:
        self._say("turn.restarted", held, reason=reason)

    def _say(self, kind: str, held: Held, **fields: Any) -> None:
        live.publish(self.topic, {"type": kind, "turn": held.turn_id, "attempt": held.attempt, **fields})


_ENDINGS = {
    "complete": "turn.done",
    "failed": "turn.failed",
    "cancelled": "turn.cancelled",
    "interrupted": "turn.interrupted",
}


def queued_event(
    turn: Turn, waiting: dict[str, Any] | None = None, versions: Versions | None = None
) -> dict[str, Any]:
    return {"type": "turn.queued", "turn": turn_form(turn, waiting, versions), "position": turn.position}


def announce_waiting(turn: Turn, waiting: dict[str, Any]) -> None:
    """Tell a session that a turn could not begin yet, and why."""
    live.publish(topic_of(turn.session_id), queued_event(turn, waiting))


def announce_line_moved() -> None:
    """Tell those who watch waiting turns to look again."""
    live.publish(LINE, {"type": "moved"})


_NO_NEWS = {"id", "waiting", "versions"}


def announce_turn(turn: Turn) -> None:
    """Tell a session how a turn stands now: queued (again), or ended with its text and story."""
    topic = topic_of(turn.session_id)
    form = turn_form(turn)
    if turn.status == "queued":
        live.publish(topic, queued_event(turn))
    elif kind := _ENDINGS.get(turn.status):
        story = turn.current_attempt.story if turn.current_attempt else []
        ending = {name: value for name, value in form.items() if name not in _NO_NEWS}
        live.publish(topic, {**ending, "type": kind, "turn": turn.pk, "story": story})


def announce_wish(turn: Turn) -> None:
    """Tell a session whether a reply of the fallback voice is waiting for a better one."""
    form = turn_form(turn)
    told = {name: form[name] for name in ("attempt", "wished_at", "code", "message")}
    live.publish(topic_of(turn.session_id), {"type": "turn.wish", "turn": turn.pk, **told})


def announce_question(turn: Turn) -> None:
    """Tell a session that something was asked in it, behind all that is shown."""
    topic = topic_of(turn.session_id)
    live.publish(topic, {"type": "message", "message": message_form(turn.question, ONLY)})
    live.publish(topic, queued_event(turn, versions=ONLY))


def announce_path(session: Session) -> None:
    """Have the sockets of a session tell their readers what is shown now."""
    live.publish(topic_of(session.pk), {"type": PATH, "head": session.head_id})


def announce_session(session: Session) -> None:
    """Tell those who look at a session that it has another title or place."""
    live.publish(topic_of(session.pk), {"type": "session.changed", "session": session_form(session)})


def announce_deletion(session: Session) -> None:
    """Have the sockets of a session closed."""
    live.publish(topic_of(session.pk), {"type": DELETED})


def announce_stop(turn: Turn) -> None:
    """Tell the workers, one of which runs this turn, that it is to stop."""
    live.publish(CONTROL, {"type": "stop", "turn": turn.pk})
