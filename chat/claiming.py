"""Taking a turn and a place to answer it in, or leaving it in the line for one."""

import logging
from dataclasses import dataclass

from django.utils import timezone

from chat import turns
from chat.announcing import announce_line_moved, announce_turn, announce_waiting, topic_of
from chat.dispatching import dispatch_first_of_line
from chat.greeting import as_greeted
from chat.line import leave_waiting
from chat.models import Turn
from chat.prospects import prospect_of
from chat.remembering import frozen, memories_for
from chat.selectors import find_turn
from chat.turns import Held
from core import live
from memory.recall import Recalled
from personas.snapshots import NEUTRAL_SNAPSHOT, PersonaSnapshot
from providers.limits import EngineLimits
from providers.places import all_are_busy

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed turn. `snapshot` is None when the persona cannot be read; `memories` came to its mind.

    `why_no_place` is empty, or says why only the fallback voice may answer.
    """

    held: Held
    snapshot: PersonaSnapshot | None
    why_no_place: str = ""
    memories: tuple[Recalled, ...] = ()


def claimed(turn: Turn, limits: EngineLimits) -> Claim | None:
    """Take the turn, with a place or after too long a wait without one. None: it is not to be had now."""
    snapshot = _snapshot_of(turn)
    memories = memories_for(turn, limits) if snapshot else ()
    turn.snapshot = (snapshot.to_json() | frozen(memories)) if snapshot else {}
    event_id = _last_event_before(turn)
    places, longest_wait = limits.max_concurrent_requests, limits.longest_wait
    if held := turns.claim(turn, places=places, snapshot=turn.snapshot, event_id=event_id):
        if turn.waits_since:
            # Several places may have been freed at once, or added by staff.
            dispatch_first_of_line(places)
            announce_line_moved()
        return Claim(held, snapshot, memories=memories)
    if not turn.waits_since:
        return None
    held = turns.claim_without_place(
        turn, longest_wait=longest_wait, snapshot=turn.snapshot, event_id=event_id
    )
    waited = round((timezone.now() - turn.waits_since).total_seconds())
    return Claim(held, snapshot, f"{all_are_busy(places)}, still after {waited} s") if held else None


def wait_in_line(turn: Turn, limits: EngineLimits) -> None:
    """For a turn that could not be claimed: if nothing but a place is missing, it waits for one."""
    if leave_waiting(turn):
        # A place may have been freed meanwhile; or the first of the line was never told of.
        dispatch_first_of_line(limits.max_concurrent_requests)
    if not turn.session.is_transient:
        _say_why(find_turn(turn.pk))


def _say_why(turn: Turn) -> None:
    if prospect := prospect_of(turn):
        announce_waiting(turn, prospect)


def _last_event_before(turn: Turn) -> str:
    """From where on events tell the whole attempt, for readers who come before its first checkpoint."""
    if turn.session.is_transient:
        return ""  # its one reader listens from before the beginning
    topic = topic_of(turn.session_id)
    newest = live.newest_id(topic)
    if not newest:
        announce_turn(turn)  # after a restart nothing was said yet that one could go on from
        newest = live.newest_id(topic)
    return newest


def _snapshot_of(turn: Turn) -> PersonaSnapshot | None:
    """The persona as it is now; None when it was stored in a shape that no form lets through."""
    try:
        return as_greeted(turn.persona.snapshot(), turn.session) if turn.persona else NEUTRAL_SNAPSHOT
    except (AttributeError, TypeError, ValueError):
        logger.exception("the persona of turn %s cannot be read", turn.pk)
        return None
