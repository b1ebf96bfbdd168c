"""A person's own messages, and the replies to them, that hold the words that are looked for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from chat.paths import shown_among
from chat.search.index import CHATS
from core.errors import InvalidInput
from core.search.unmarked import unmarked
from core.search.words import snippet, words_of

Found = Message | Attempt

_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")
_NEWEST = "999999999999999999"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Messages and attempts with these numbers, and all later ones, have been seen."""

    message: int
    attempt: int

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises `InvalidInput`."""
        match = _CURSOR.fullmatch(text or f"{_NEWEST}-{_NEWEST}")
        if match is None:
            raise InvalidInput("This is no cursor of a page before.", code="cursor_invalid")
        return cls(int(match[1]), int(match[2]))

    def after(self, shown: Iterable[Found]) -> "Cursor":
        rows = list(shown)
        return Cursor(
            min([self.message, *(row.pk for row in rows if isinstance(row, Message))]),
            min([self.attempt, *(row.pk for row in rows if isinstance(row, Attempt))]),
        )

    def __str__(self) -> str:
        return f"{self.message}-{self.attempt}"


def search(user: User, query: str, *, cursor: str = "", limit: int = 20) -> dict[str, Any]:
    """A page of what was found, the newest first. Raises `InvalidInput`.

    Of a reply its present text counts. What is deleted or transient is never found.
    """
    words, seen = words_of(query), Cursor.read(cursor)
    messages: Iterable[Found] = _messages(user, words, seen)[: limit + 1]
    replies: Iterable[Found] = _replies(user, words, seen)[: limit + 1]
    found = merge(messages, replies, key=_time, reverse=True)
    shown = list(islice(found, limit))
    is_more = next(found, None) is not None
    on_path = shown_among(map(_place, shown))
    return {
        "results": [_form(row, words) | {"is_shown": _place(row) in on_path} for row in shown],
        "next_cursor": str(seen.after(shown)) if is_more else None,
    }


def _place(row: Found) -> Message | Turn:
    return row if isinstance(row, Message) else row.turn


def _time(row: Found) -> datetime:
    return row.created_at


def _messages(user: User, words: list[str], seen: Cursor) -> QuerySet[Message]:
    mine = Message.objects.filter(pk__lt=seen.message, session__owner=user)
    kept = mine.filter(session__is_transient=False, session__deleted_at=None)
    return CHATS.matching(kept.select_related("session"), words)


def _replies(user: User, words: list[str], seen: Cursor) -> QuerySet[Attempt]:
    ended = Attempt.objects.exclude(status=TurnStatus.STREAMING).filter(number=F("turn__attempt"))
    mine = ended.filter(pk__lt=seen.attempt, turn__session__owner=user)
    kept = mine.filter(turn__session__is_transient=False, turn__session__deleted_at=None)
    return CHATS.matching(kept.select_related("turn__session", "turn__persona"), words)


def _form(row: Found, words: list[str]) -> dict[str, Any]:
    if isinstance(row, Message):
        place = {"kind": "message", "id": row.pk, "position": row.position, "who": ""}
        session: Session = row.session
        words_shown = snippet(row.text, words)
    else:
        turn = row.turn
        who = turn.persona.name if turn.persona else str(turn.snapshot.get("name", ""))
        place = {"kind": "turn", "id": turn.pk, "position": turn.position, "who": who}
        session = turn.session
        words_shown = snippet(row.text, words, as_read=unmarked)
    return {
        **place,
        "session": {"id": str(session.pk), "title": session.title},
        "time": row.created_at,
        "snippet": words_shown,
    }
