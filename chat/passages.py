"""A place far up in a long chat, shown together with its newest messages."""

from typing import Any

from chat.models import Message, Session
from chat.presenting import entries_of, message_form, turn_form
from chat.selectors import messages_of, turns_on

_AROUND = 20
"""Positions: a message and its reply have one each."""


def with_passage(session: Session, entries: list[dict[str, Any]], *, at: int | None) -> list[dict[str, Any]]:
    """The entries, and before them those around a position that they do not reach.

    Where something lies between the two, an entry of the kind `gap` says how much.
    """
    newest_begin = entries[0]["position"] if entries else 0
    if at is None or at >= newest_begin:
        return entries
    messages = messages_of(session, before=min(at + _AROUND, newest_begin), limit=_AROUND)
    form = {
        "messages": [message_form(message) for message in messages],
        "turns": [turn_form(turn) for turn in turns_on(messages) if turn.position < newest_begin],
    }
    passage = entries_of(form)
    end = messages[-1].position if messages else 0
    between = Message.objects.filter(session=session, position__gt=end, position__lt=newest_begin).count()
    gap = {"kind": "gap", "position": end + 1.5, "count": between, "next": end + _AROUND}
    return [*passage, *([gap] if between else []), *entries]
