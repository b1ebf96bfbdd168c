"""A place far up in a long chat, shown together with its newest messages."""

from typing import Any

from chat.models import Session
from chat.paths import path_to
from chat.presenting import entries_of, path_form
from chat.selectors import whole

_AROUND = 20
"""Positions: a message and its reply have one each."""


def with_passage(session: Session, entries: list[dict[str, Any]], *, at: int | None) -> list[dict[str, Any]]:
    """The entries, and before them those around a position that they do not reach.

    Where something lies between the two, an entry of the kind `gap` says how much.
    """
    newest_begin = entries[0]["position"] if entries else 0
    if at is None or at >= newest_begin:
        return entries
    there = path_to(session.head_id, before=min(at + _AROUND, newest_begin), limit=_AROUND)
    turns = whole(there)
    passage = entries_of(path_form(turns, {}))
    end = turns[-1].position if turns else 0
    between = path_to(session.head_id, before=newest_begin).filter(position__gt=end).count()
    gap = {"kind": "gap", "position": end + 0.5, "count": between, "next": end + _AROUND}
    return [*passage, *([gap] if between else []), *entries]
