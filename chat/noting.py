"""What log and metrics are told of the chat. Never what was said in it."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.frames import Ack, Frame, Ping
from chat.models import Turn, TurnStatus
from chat.turns import Held
from core.events import emit
from core.logs import get_logger
from core.metrics import LONG_SECONDS, counter, gauge, histogram
from providers.lineup import Candidate

logger = get_logger(__name__)

TURNS = counter("turns_ended", "Turns that ended, by how and by whose voice", "status", "provider")
FIRST_WORD = histogram("turn_first_token_seconds", "From question to first token", buckets=LONG_SECONDS)
DURATION = histogram("turn_seconds", "From question to complete reply", buckets=LONG_SECONDS)
SOCKETS = gauge("sockets_open", "Chat sockets that are open")
FRAMES = counter("frames", "Frames that came over chat sockets", "type", "outcome")
_ENDINGS = {
    TurnStatus.COMPLETE: "reply_completed",
    TurnStatus.FAILED: "reply_failed",
    TurnStatus.CANCELLED: "reply_cancelled",
    TurnStatus.INTERRUPTED: "reply_interrupted",
}


class TurnClock:
    """Measures one turn: from its question where this is the first attempt, else from its claim."""

    def __init__(self, turn: Turn, held: Held) -> None:
        waited = (timezone.now() - turn.created_at).total_seconds() if held.attempt == 1 else 0.0
        self._waited = max(0.0, waited)
        self._asked_at = time.monotonic() - self._waited

    def note_end(
        self,
        turn: Turn,
        *,
        code: str,
        provider: dict[str, Any] | None,
        story: Sequence[dict[str, Any]],
        first_text_at: float | None,
    ) -> None:
        seconds = time.monotonic() - self._asked_at
        to_first = None if first_text_at is None else first_text_at - self._asked_at
        name = provider["name"] if provider else ""
        TURNS.labels(turn.status, name).inc()
        if turn.status == TurnStatus.COMPLETE:
            DURATION.observe(seconds)
        if to_first is not None:
            FIRST_WORD.observe(to_first)
        logger.info(
            "turn ended",
            turn=turn.pk,
            attempt=turn.attempt,
            status=str(turn.status),
            code=code,
            session=turn.session_id,
            user=turn.session.owner_id,
            provider=name,
            model=provider["model"] if provider else "",
            steps=len(story),
            waited_ms=round(self._waited * 1000),
            first_token_ms=None if to_first is None else round(to_first * 1000),
            ms=round(seconds * 1000),
        )
        emit(
            _ENDINGS[TurnStatus(turn.status)],
            turn=turn.pk,
            persona=turn.persona.name if turn.persona else "",
            provider=name,
            code=code,
            failovers=sum(step["outcome"] == "failed" for step in story),
            is_fallback=bool(provider and provider["is_fallback"]),
            first_token_ms=None if to_first is None else round(to_first * 1000),
            ms=round(seconds * 1000),
        )


def note_end_without_worker(turn: Turn, status: TurnStatus) -> None:
    """A turn that ended while nobody worked on it."""
    TURNS.labels(status, "").inc()
    logger.info("turn ended", turn=turn.pk, attempt=turn.attempt, status=str(status), session=turn.session_id)
    emit(_ENDINGS[status], turn=turn.pk, persona="", code="")


def note_failover(turn: Turn, failed: Candidate | None, following: Candidate) -> None:
    """The provider that was asked before did not answer, so that another one is asked."""
    if failed and failed.config.name != following.config.name:
        emit("failover", turn=turn.pk, provider=failed.config.name, to=following.config.name)


def note_frame(frame: Frame | None, *, outcome: str, session_id: UUID, user_id: int, started: float) -> None:
    """One line for each frame; what browsers send by themselves only with DEBUG."""
    kind = frame.type if frame else "unreadable"
    FRAMES.labels(kind, outcome).inc()
    say = logger.debug if isinstance(frame, Ack | Ping) else logger.info
    ms = round((time.perf_counter() - started) * 1000, 1)
    say("frame", type=kind, outcome=outcome, session=session_id, user=user_id, ms=ms)


def note_socket_opened(session_id: UUID, user_id: int) -> None:
    SOCKETS.inc()
    logger.info("socket opened", session=session_id, user=user_id)


def note_socket_closed(session_id: UUID, user_id: int, code: int) -> None:
    SOCKETS.dec()
    logger.info("socket closed", session=session_id, user=user_id, code=code)
