"""The path through the tree of a session: from a turn up to the beginning, or down to the newest below it.

A turn answers a message, and a message goes on from a turn. Positions fall strictly on the way up.
"""

from collections.abc import Collection, Iterable
from typing import TypedDict

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from chat.models import Message, Turn

_ABOVE = """
    WITH RECURSIVE path (turn_id, parent_id, length) AS (
        SELECT turn.id, question.parent_id, 1
        FROM chat_turn AS turn JOIN chat_message AS question ON question.id = turn.question_id
        WHERE turn.id IN ({starts})
        UNION ALL
        SELECT turn.id, question.parent_id, path.length + 1
        FROM path
        JOIN chat_turn AS turn ON turn.id = path.parent_id
        JOIN chat_message AS question ON question.id = turn.question_id
        WHERE path.length < %s
    )
    SELECT turn_id FROM path
"""
_BELOW = """
    WITH RECURSIVE below (turn_id) AS (
        SELECT id FROM chat_turn WHERE {start} = %s
        UNION ALL
        SELECT turn.id
        FROM below
        JOIN chat_message AS question ON question.parent_id = below.turn_id
        JOIN chat_turn AS turn ON turn.question_id = question.id
    )
    SELECT turn_id FROM below
"""
_WHOLE = 2**31 - 1


class Versions(TypedDict):
    """Which one of its kind something is, from 1, and the ids of those beside it."""

    index: int
    count: int
    previous: int | None
    next: int | None


ONLY = Versions(index=1, count=1, previous=None, next=None)


def path_to(turn_id: int | None, *, before: int | None = None, limit: int | None = None) -> QuerySet[Turn]:
    """A turn and those above it, the last first: `limit` of them, on messages before the given position."""
    if turn_id is None:
        return Turn.objects.none()
    length = limit if limit is not None and before is None else _WHOLE
    turns = Turn.objects.filter(pk__in=_above([turn_id], length)).order_by("-position")
    return turns if before is None else turns.filter(question__position__lt=before)[:limit]


def newest_below(shown: Turn | Message) -> int | None:
    """The id of the newest turn of those that go on from here, or of this turn itself."""
    start = "id" if isinstance(shown, Turn) else "question_id"
    below = RawSQL(_BELOW.format(start=start), (shown.pk,))  # noqa: S611  # nosec B611  (no input)
    newest = Turn.objects.filter(pk__in=below).order_by("-position")
    return newest.values_list("pk", flat=True).first()


def shown_among(rows: Iterable[Turn | Message]) -> set[Turn | Message]:
    """Those through which the path that is shown in their session leads. One statement for all."""
    rows = list(rows)
    heads = {row.session.head_id for row in rows if row.session.head_id}
    if not heads:
        return set()
    wanted = {kind: [row.pk for row in rows if isinstance(row, kind)] for kind in (Turn, Message)}
    either = Q(pk__in=wanted[Turn]) | Q(question__in=wanted[Message])
    found = Turn.objects.filter(either, pk__in=_above(heads, _WHOLE)).values_list("pk", "question")
    known = {(Turn, turn) for turn, _ in found} | {(Message, question) for _, question in found}
    return {row for row in rows if (type(row), row.pk) in known}


def _above(starts: Collection[int], length: int) -> RawSQL:
    places = ", ".join(["%s"] * len(starts))
    return RawSQL(_ABOVE.format(starts=places), (*starts, length))  # noqa: S611  # nosec B611  (no input)


def versions_on(turns: Iterable[Turn]) -> tuple[dict[int, Versions], dict[int, Versions]]:
    """By id, the versions of the questions of these turns of one session, and those of their replies."""
    questions = [turn.question for turn in turns]
    if not questions:
        return {}, {}
    alike = Q(parent__in=[each.parent_id for each in questions if each.parent_id])
    if any(each.parent_id is None for each in questions):
        alike |= Q(parent=None, session=questions[0].session_id)
    asked: dict[int | None, list[int]] = {}
    replied: dict[int, list[int]] = {}
    rows = Message.objects.filter(alike).order_by("position", "turns__position")
    for parent, message, turn in rows.values_list("parent", "pk", "turns"):
        if message not in replied:
            asked.setdefault(parent, []).append(message)
        replied.setdefault(message, []).append(turn)
    return _places(asked.values()), _places(replied.values())


def _places(groups: Iterable[list[int]]) -> dict[int, Versions]:
    return {
        each: Versions(
            index=place + 1,
            count=len(group),
            previous=group[place - 1] if place else None,
            next=group[place + 1] if place + 1 < len(group) else None,
        )
        for group in groups
        for place, each in enumerate(group)
    }
