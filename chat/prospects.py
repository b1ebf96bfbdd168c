"""What a waiting turn can be told (CH-11): who is before it, and about how long that takes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from chat import line
from chat.models import OPEN_STATUSES, Attempt, Turn, TurnStatus
from providers.engine_settings import current_limits

_RECENT = 20
_ORDINALS = ("Next", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def prospect_of(turn: Turn) -> dict[str, Any] | None:
    """The `waiting` of one turn; None when it does not wait, or may begin at once."""
    return prospects_of([turn]).get(turn.pk)


def prospects_of(turns: Iterable[Turn]) -> dict[int, dict[str, Any]]:
    """The `waiting` of each of these turns that waits, by its id. No statement when none is queued."""
    queued = [turn for turn in turns if turn.status == TurnStatus.QUEUED]
    if not queued:
        return {}
    sessions = {turn.session_id for turn in queued}
    is_open = Turn.objects.filter(session__in=sessions, status__in=OPEN_STATUSES)
    chats = list(is_open.values_list("session", "position", "pk"))
    in_line = list(line.waiting_for_place().values_list("pk", "session"))
    busy, of, seconds = line.busy_places(), current_limits().max_concurrent_requests, _seconds_of_a_reply()
    waiting = {}
    for turn in queued:
        before = [pk for session, place, pk in chats if session == turn.session_id and place < turn.position]
        if not before and turn.waits_since is None:
            continue
        others = sum(pk < turn.pk and session != turn.session_id for pk, session in in_line)
        waiting[turn.pk] = _form(ahead=len(before), others=others, busy=busy, of=of, seconds=seconds)
    return waiting


def waiting_turns(session_id: UUID) -> list[Turn]:
    """The queued turns of a session with what their wire form needs."""
    queued = Turn.objects.filter(session=session_id, status=TurnStatus.QUEUED)
    return list(queued.select_related("persona").prefetch_related("attempts").order_by("position"))


def _seconds_of_a_reply() -> float | None:
    """How long the latest replies took, without those of the fallback voice; None if there are none."""
    done = Attempt.objects.filter(status=TurnStatus.COMPLETE).order_by("-pk")
    rows = done.values_list("created_at", "turn__finished_at", "provider")[:_RECENT]
    lengths = [
        (ended - began).total_seconds()
        for began, ended, provider in rows
        if ended and not (provider or {}).get("is_fallback")
    ]
    return sum(lengths) / len(lengths) if lengths else None


def _form(*, ahead: int, others: int, busy: int, of: int, seconds: float | None) -> dict[str, Any]:
    is_full = busy >= of
    replies = ahead + ((others + 1) / of if is_full else 0)
    about = None if seconds is None else max(1, round(seconds * replies))
    said = [_place_in_chat(ahead)] if ahead else []
    if is_full:
        said.append("the only place busy" if of == 1 else f"all {of} places busy")
        said += [f"{others} before it in line"] if others else []
    said += [_about(about)] if about else []
    text = ", ".join(said) or "about to begin"
    return {
        "ahead": ahead,
        "places": {"busy": busy, "of": of},
        "ahead_in_line": others,
        "about_seconds": about,
        "text": text[0].upper() + text[1:],
    }


def _place_in_chat(ahead: int) -> str:
    place = _ORDINALS[ahead] if ahead < len(_ORDINALS) else f"Number {ahead + 1}"
    return f"{place} in this chat"


def _about(seconds: int) -> str:
    return f"about {seconds} s" if seconds < 100 else f"about {round(seconds / 60)} min"
