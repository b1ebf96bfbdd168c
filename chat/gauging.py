"""How full the next prompt of a session would be, and what the session has cost so far."""

import logging
from dataclasses import dataclass

from chat.greeting import as_greeted
from chat.history import dialogue_so_far
from chat.models import Session, Turn
from chat.paths import path_to
from chat.remembering import memories_next
from personas.prompting import build_system_prompt, lore_for
from personas.snapshots import NEUTRAL_SNAPSHOT, PersonaSnapshot
from providers.calls import estimate_tokens
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.lineup import Candidate, line_up
from usage.pricing import window_of
from usage.selectors import Spent, spent_on, together

logger = logging.getLogger(__name__)

MOST_LEFT_OUT = 500
"""Counting goes up the path message by message, which takes 20 ms for 10,000."""


@dataclass(frozen=True, slots=True)
class Context:
    """What would go along with the next message, all about. `room` is the most that ever does, in tokens;
    `window` is what the model takes, reply included, where the price list knows it. `memory_tokens` is for
    what would come to mind if the last question were asked again.

    `left_out` counts one's own earlier messages that are no longer told, with the replies to them, up to
    `MOST_LEFT_OUT`.
    """

    persona_tokens: int
    memory_tokens: int
    said_tokens: int
    room: int
    messages: int
    most_messages: int
    characters: int
    most_characters: int
    left_out: int
    model: str
    window: int | None

    @property
    def tokens(self) -> int:
        return self.persona_tokens + self.memory_tokens + self.said_tokens

    @property
    def percent(self) -> int:
        """By whichever limit comes first; 100 as soon as something is left out."""
        if self.left_out:
            return 100
        shares = (
            self.tokens / self.room,
            self.messages / max(1, self.most_messages),
            self.characters / self.most_characters,
        )
        return min(100, round(100 * max(shares)))

    @property
    def is_window_smaller(self) -> bool:
        """Whether the model's window ends before the limits of this VALIS do."""
        return self.room < self.persona_tokens + self.memory_tokens + _tokens_of(self.most_characters)

    @property
    def is_more_left_out(self) -> bool:
        """Whether there may be more than are counted."""
        return self.left_out == MOST_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Gauge:
    context: Context
    total: Spent
    parts: list[Spent]


def gauge_of(session: Session) -> Gauge:
    parts = spent_on(Turn.objects.filter(session=session).values("pk"))
    return Gauge(_context_of(session), together(parts), parts)


def _context_of(session: Session) -> Context:
    limits, snapshot = current_limits(), _snapshot_of(session)
    told = dialogue_so_far(session, limits)
    texts = [each.text for each in told]
    lore = lore_for(snapshot, texts)
    persona_tokens = estimate_tokens(build_system_prompt(snapshot, lore=lore))
    questions = [each.text for each in told if each.role == "user"]
    memories = [each.line for each in memories_next(session, questions[-1] if questions else "", limits)]
    whole = estimate_tokens(build_system_prompt(snapshot, lore=lore, memories=memories))
    asked = next(
        each
        for each in line_up(snapshot.cascade, limits, user_id=session.owner_id)
        if each.is_fallback or not each.skip_reason
    )
    window = _window_of(asked)
    return Context(
        persona_tokens=persona_tokens,
        memory_tokens=whole - persona_tokens,
        said_tokens=estimate_tokens(*texts),
        room=_room(whole, snapshot, limits, window),
        messages=len(told),
        most_messages=limits.history_messages,
        characters=sum(map(len, texts)),
        most_characters=limits.history_characters,
        left_out=path_to(session.head_id, limit=len(questions) + MOST_LEFT_OUT).count() - len(questions),
        model="" if asked.is_fallback else asked.config.model,
        window=window,
    )


def _window_of(asked: Candidate) -> int | None:
    config = asked.config
    return None if asked.is_fallback else window_of(config.kind, config.base_url, config.model)


def _room(system_tokens: int, snapshot: PersonaSnapshot, limits: EngineLimits, window: int | None) -> int:
    most = system_tokens + _tokens_of(limits.history_characters)
    if window is None:
        return most
    return max(1, min(most, window - (snapshot.max_tokens or limits.max_output)))


def _tokens_of(characters: int) -> int:
    return estimate_tokens("x" * characters)


def _snapshot_of(session: Session) -> PersonaSnapshot:
    try:
        return as_greeted(session.persona.snapshot(), session) if session.persona else NEUTRAL_SNAPSHOT
    except (AttributeError, TypeError, ValueError):
        logger.warning("the persona of session %s cannot be read", session.pk, exc_info=True)
        return NEUTRAL_SNAPSHOT
