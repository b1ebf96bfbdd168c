"""Answering a turn: claim it, ask the gate, keep its text, and end it. Runs in a worker's thread."""

import logging
from contextlib import closing
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

from chat import turns, wishes
from chat.announcing import Announcer, announce_turn
from chat.asking import asking
from chat.blocks import FinishedBlocks
from chat.briefs import Brief
from chat.claiming import Claim, claimed, wait_in_line
from chat.dispatching import dispatch_next
from chat.draft import Draft
from chat.learning import can_be_learned_from
from chat.models import Turn, TurnStatus
from chat.noting import TurnClock, note_failover
from chat.presenting import persona_form
from chat.running import SERVER_STOPPED, STOPPED_BY_PERSON, running_turns
from chat.selectors import find_turn, waiting_turn
from chat.titling import want_title
from core import live
from core.patience import patiently
from core.request_id import start_request
from memory.recall import note_used
from personas.snapshots import NEUTRAL_SNAPSHOT
from providers.cascade import Answered, Pulse, Restarted, Trying, Unanswered
from providers.engine_settings import current_limits
from providers.limits import EngineLimits
from providers.lineup import Candidate
from providers.stopping import CallStopped, StopSignal
from usage.ledger import Account
from usage.metering import answer
from usage.models import Purpose

logger = logging.getLogger(__name__)

_SENTENCES = {
    STOPPED_BY_PERSON: "You stopped this reply.",
    SERVER_STOPPED: "VALIS was stopped while this reply was written.",
    "internal_error": "Something went wrong inside VALIS. Run it again; if it stays, tell your staff.",
}


class LeaseLost(Exception):
    """The turn is somebody else's by now: write nothing, publish nothing."""


def answer_turn(turn_id: int) -> None:
    """Answer a turn if it is there to be taken, then see to whoever comes after it."""
    turn = waiting_turn(turn_id)
    if turn is None or running_turns.is_closing:
        return
    limits = current_limits()
    # Before the claim: whoever sees that the turn runs may want it stopped.
    with running_turns.running(turn_id) as stop:
        claim = claimed(turn, limits)
        if claim and not _is_answered(turn, claim, limits, stop):
            return
    if claim:
        dispatch_next(turn)
    else:
        wait_in_line(turn, limits)


def _is_answered(turn: Turn, claim: Claim, limits: EngineLimits, stop: StopSignal) -> bool:
    """Bring the turn to its end; False when that is somebody else's to do by now."""
    start_request(turn.request_id)
    answering = _Answering(turn, claim, limits, stop)
    try:
        if claim.snapshot:
            answering.run()
        else:
            answering.fail()
    except LeaseLost:
        logger.warning("turn %s was taken over by another worker", turn.pk)
        return False
    return True


class _Answering:
    """One claimed turn on its way to its end."""

    def __init__(self, turn: Turn, claim: Claim, limits: EngineLimits, stop: StopSignal) -> None:
        held = claim.held
        self._turn = turn
        self._limits = limits
        self._snapshot = claim.snapshot or NEUTRAL_SNAPSHOT
        self._why_no_place = claim.why_no_place
        self._memories = claim.memories
        self._receipt: dict[str, Any] | None = None
        self._brief = Brief.from_json(turn.brief)
        self._held = held
        self._stop = stop
        self._announcer = Announcer(turn.session_id)
        self._draft = Draft(held, self._announcer)
        self._blocks = FinishedBlocks(self._announcer)
        self._clock = TurnClock(turn, held)
        self._asked: Candidate | None = None
        self._account = Account(
            Purpose.CHAT,
            user_id=turn.session.owner_id,
            persona_id=turn.persona_id,
            persona_slug=turn.persona.slug if turn.persona else "",
            turn_id=turn.pk,
            attempt=held.attempt,
        )

    def run(self) -> None:
        try:
            answered = self._ask_the_gate()
            if answered:
                self._finish_answered(answered)
            else:
                self._speak_as_before(due_in=wishes.next_try(self._turn))
        except CallStopped as stopped:
            self._finish_stopped(stopped)
        except (LeaseLost, DatabaseError, InterfaceError):
            self._draft.discard()
            raise
        except Exception:
            logger.exception("turn %s failed", self._turn.pk)
            self.fail()

    def fail(self) -> None:
        """End the turn because of a fault of ours, which the log tells."""
        self._finish(TurnStatus.FAILED, code="internal_error", reason=_SENTENCES["internal_error"])

    def _ask_the_gate(self) -> Answered | None:
        """None: nobody could answer, and the fallback voice has spoken already."""
        request, self._receipt = asking(
            self._turn, self._snapshot, self._brief, self._limits, memories=self._memories
        )
        events = answer(
            request,
            cascade=self._snapshot.cascade,
            model=self._brief.model,
            limits=self._limits,
            only_fallback=self._why_no_place,
            may_fall_back=self._turn.wished_at is None,
            account=self._account,
            on_text=self._draft.append,
            stop=self._stop,
        )
        with closing(events):
            for event in events:
                if isinstance(event, Pulse):
                    self._keep()
                elif isinstance(event, Trying):
                    note_failover(self._turn, self._asked, event.candidate)
                    self._asked = event.candidate
                    self._announce_start(event.candidate)
                elif isinstance(event, Restarted):
                    self._restart(event.reason)
                elif isinstance(event, Unanswered):
                    return None
                else:
                    return event
        raise AssertionError("the gate ended without an answer")

    def _announce_start(self, candidate: Candidate) -> None:
        self._announcer.started(
            self._held,
            persona=persona_form(self._turn.persona, self._turn.snapshot),
            provider=provider_form(candidate),
        )

    def _keep(self) -> None:
        """Checkpoint, renew the lease, look for a stop. A database that is away is only waited for."""
        text, event_id = self._draft.checkpoint()
        try:
            standing = turns.checkpoint(self._held, text=text, event_id=event_id)
        except (OperationalError, InterfaceError):
            logger.warning("turn %s could not be checkpointed", self._turn.pk, exc_info=True)
            return
        if standing is turns.Standing.LOST:
            raise LeaseLost
        if standing is turns.Standing.STOP_REQUESTED:
            self._stop.set(STOPPED_BY_PERSON)
        # After the checkpoint: whoever reads that one renders just as far.
        if not self._turn.session.is_transient:
            self._blocks.announce(self._held, text)

    def _restart(self, reason: str) -> None:
        text = self._draft.close()
        event_id = live.last_id(self._announcer.topic)
        following = patiently(lambda: turns.restart(self._held, text=text, reason=reason, event_id=event_id))
        if following is None:
            raise LeaseLost
        self._held = following
        self._account.attempt = following.attempt
        self._draft.restart(following)
        self._announcer.restarted(following, reason=reason)

    def _finish_answered(self, answered: Answered) -> None:
        self._finish(
            TurnStatus.COMPLETE,
            is_unlearned=can_be_learned_from(self._turn, answered, self._limits),
            provider=provider_form(answered.candidate),
            usage={
                "tokens_in": answered.usage.tokens_in,
                "tokens_out": answered.usage.tokens_out,
                "tokens_cached": answered.usage.tokens_cached,
                "is_estimated": answered.usage.is_estimated,
                "is_cut": answered.is_cut,
            },
            story=[step.to_json() for step in answered.steps],
        )
        if not answered.candidate.is_fallback:
            note_used(self._memories)

    def _speak_as_before(self, *, due_in: timedelta | None) -> None:
        if self._draft.checkpoint()[0]:
            self._restart("It broke off, and nobody else could answer")
        self._draft.close()
        if not patiently(lambda: turns.speak_as_before(self._held, due_in=due_in)):
            raise LeaseLost
        announce_turn(find_turn(self._turn.pk))

    def _finish_stopped(self, stopped: CallStopped) -> None:
        reason = stopped.reason
        if reason == SERVER_STOPPED and not self._draft.checkpoint()[0]:
            # Nobody has seen anything of it: after the start it is simply answered.
            if turns.give_back(self._held):
                return
            reason = STOPPED_BY_PERSON
        is_by_person = reason == STOPPED_BY_PERSON
        if is_by_person and self._turn.wished_at and not self._draft.checkpoint()[0]:
            self._speak_as_before(due_in=None)
            return
        self._finish(
            TurnStatus.CANCELLED if is_by_person else TurnStatus.INTERRUPTED,
            code=reason,
            reason=_SENTENCES.get(reason, reason),
            provider=provider_form(self._asked) if self._asked and self._draft.checkpoint()[0] else None,
            story=[step.to_json() for step in stopped.steps],
        )

    def _finish(self, status: TurnStatus, **fields: Any) -> None:
        text = self._draft.close()
        is_read_here = text and not self._turn.session.is_transient
        html = self._blocks.whole(self._held, text, name=str(self._turn.pk)) if is_read_here else ""
        if not patiently(
            lambda: turns.finish(
                self._turn,
                self._held,
                status=status,
                text=text,
                html=html,
                receipt=None if self._turn.session.is_transient else self._receipt,
                **fields,
            )
        ):
            raise LeaseLost
        announce_turn(self._turn)
        self._clock.note_end(
            self._turn,
            code=fields.get("code", ""),
            provider=fields.get("provider"),
            story=fields.get("story", ()),
            first_text_at=self._draft.first_text_at,
        )
        want_title(self._turn, self._limits)


def provider_form(candidate: Candidate) -> dict[str, Any]:
    """Who speaks, as the badge of a reply shows it."""
    return {
        "name": candidate.config.name,
        "label": candidate.label,
        "model": candidate.config.model,
        "is_fallback": candidate.is_fallback,
    }
