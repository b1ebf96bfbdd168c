"""A turn's life in any order of events (D07), beside a model of what each of them may change."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import hypothesis.strategies as st
from django.utils import timezone
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from accounts.models import User
from chat import line, turns
from chat.models import Message, Session, Turn, TurnStatus
from chat.selectors import lost_turns
from chat.services import create_session, submit_message
from chat.turns import MOST_LOSSES, Held, Standing

ENDINGS = [TurnStatus.COMPLETE, TurnStatus.FAILED, TurnStatus.CANCELLED, TurnStatus.INTERRUPTED]
OPEN = {TurnStatus.QUEUED, TurnStatus.STREAMING}
TEXTS = st.sampled_from(["", "Well", "Well, it", "Well, it depends."])


@dataclass
class Expected:
    """A turn as the model knows it."""

    session: Session
    position: int
    status: str = TurnStatus.QUEUED
    attempt: int = 0
    losses: int = 0
    is_stopped: bool = False
    is_expired: bool = False
    spoken: int = 0
    """The attempt that stays the reply while its owner waits for a better one; 0 without a wish."""
    texts: dict[int, str] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    """The texts of attempts that ended: they never change again."""

    @property
    def text(self) -> str:
        return self.texts.get(self.attempt, "")

    def end_attempt(self) -> None:
        self.ended[self.attempt] = self.text
        self.is_stopped = self.is_expired = False

    def speak_as_before(self) -> None:
        """The text that was spoken takes the number of the attempt that came to nothing."""
        text = self.texts.pop(self.spoken)
        self.ended.pop(self.spoken)
        self.texts[self.attempt] = self.ended[self.attempt] = text
        self.status, self.spoken = TurnStatus.COMPLETE, 0
        self.is_stopped = self.is_expired = False

    def begin_attempt(self) -> None:
        self.attempt += 1
        self.texts[self.attempt] = ""
        self.is_expired = False


class TurnMachine(RuleBasedStateMachine):
    """Every right to write that was ever given out is kept and used again: most are zombies soon."""

    owner: User
    turns = Bundle("turns")
    rights = Bundle("rights")

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[int, Expected] = {}
        self.sent: dict[str, int] = {}
        self.highest: defaultdict[int, int] = defaultdict(int)

    @initialize()
    def two_sessions(self) -> None:
        self.sessions = [create_session(self.owner), create_session(self.owner)]

    # What people do

    @rule(target=turns, index=st.integers(0, 1))
    def submit(self, index: int) -> int:
        session = self.sessions[index]
        client_id = f"{session.pk}-{len(self.sent)}"[-64:]
        submission = submit_message(self.owner, text="Hello", client_id=client_id, session_id=session.pk)
        turn = submission.turn
        assert submission.is_new
        self.sent[client_id] = turn.pk
        self.expected[turn.pk] = Expected(session, turn.position)
        return turn.pk

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.sent:
            client_id = data.draw(st.sampled_from(sorted(self.sent)))
            again = submit_message(self.owner, text="Hello", client_id=client_id)
            assert (again.is_new, again.turn.pk) == (False, self.sent[client_id])

    @rule(pk=turns)
    def stop(self, pk: int) -> None:
        turn = self.expected[pk]
        was_waiting = turn.status == TurnStatus.QUEUED
        assert turns.request_stop(Turn.objects.get(pk=pk)) is was_waiting
        if was_waiting:
            turn.status, turn.spoken = TurnStatus.CANCELLED, 0
        elif turn.status == TurnStatus.STREAMING:
            turn.is_stopped = True

    @rule(pk=turns)
    def run_again(self, pk: int) -> None:
        turn = self.expected[pk]
        may_run = turn.status in {TurnStatus.FAILED, TurnStatus.CANCELLED, TurnStatus.INTERRUPTED}
        assert turns.run_again(Turn.objects.get(pk=pk)) is may_run
        if may_run:
            turn.status, turn.losses = TurnStatus.QUEUED, 0

    @rule(target=rights, pk=turns, is_answered_first=st.booleans())
    def wish(self, pk: int, is_answered_first: bool) -> object:
        """It is carried out at once, and claimed where that may be; most turns have to be answered first."""
        turn = self.expected[pk]
        if is_answered_first and self._is_next(turn):
            self.finish(self.claim(pk), TurnStatus.COMPLETE, "Nobody is there.")
        is_complete = turn.status == TurnStatus.COMPLETE
        if is_complete:
            Turn.objects.filter(pk=pk).update(wished_at=timezone.now(), wish_due_at=timezone.now())
        assert turns.carry_out_wish(Turn.objects.get(pk=pk)) is is_complete
        if is_complete:
            turn.status, turn.losses, turn.spoken = TurnStatus.QUEUED, 0, turn.attempt
        return self.claim(pk) if is_complete and self._is_next(turn) else multiple()

    @rule(pk=turns)
    def take_back_wish(self, pk: int) -> None:
        turn = self.expected[pk]
        may_take_back = bool(turn.spoken) and turn.status == TurnStatus.QUEUED
        assert turns.take_back_wish(Turn.objects.get(pk=pk)) is may_take_back
        if may_take_back:
            turn.speak_as_before()

    # What workers do

    @rule(target=rights, pk=turns)
    def claim(self, pk: int) -> object:
        turn = self.expected[pk]
        is_next = self._is_next(turn)
        held = turns.claim(Turn.objects.get(pk=pk), places=200, snapshot={})
        assert (held is not None) is is_next
        if held is None:
            return multiple()
        turn.status = TurnStatus.STREAMING
        turn.begin_attempt()
        assert held.attempt == turn.attempt
        return held

    @rule(pk=turns)
    def claim_by_what_was_read_long_ago(self, pk: int) -> None:
        stale = Turn.objects.get(pk=pk)
        stale.attempt -= 1
        assert turns.claim(stale, places=200, snapshot={}) is None

    @rule(held=rights, text=TEXTS)
    def checkpoint(self, held: Held, text: str) -> None:
        turn = self._written_by(held)
        standing = turns.checkpoint(held, text=text, event_id="")
        if turn is None:
            assert standing is Standing.LOST
        elif turn.is_stopped:
            assert standing is Standing.STOP_REQUESTED
        else:
            assert standing is Standing.HELD
            turn.texts[turn.attempt] = text
            turn.is_expired = False

    @rule(target=rights, held=rights, text=TEXTS)
    def restart(self, held: Held, text: str) -> object:
        turn = self._written_by(held)
        following = turns.restart(held, text=text, reason="broken off")
        assert (following is not None) is (turn is not None)
        if turn is None or following is None:
            return multiple()
        was_stopped = turn.is_stopped
        turn.texts[turn.attempt] = text
        turn.end_attempt()
        turn.begin_attempt()
        turn.is_stopped = was_stopped
        return following

    @rule(held=rights, status=st.sampled_from(ENDINGS), text=TEXTS)
    def finish(self, held: Held, status: TurnStatus, text: str) -> None:
        turn = self._written_by(held)
        stored = Turn.objects.get(pk=held.turn_id)
        assert turns.finish(stored, held, status=status, text=text) is (turn is not None)
        if turn:
            turn.texts[turn.attempt] = text
            turn.end_attempt()
            turn.status, turn.spoken = status, 0

    @rule()
    def a_wish_comes_to_nothing(self) -> None:
        """Its worker has put aside what it had of text, so there is none."""
        for pk, turn in self.expected.items():
            if turn.spoken and turn.status == TurnStatus.STREAMING and not turn.text:
                held = Held(pk, turn.attempt)
                assert turns.speak_as_before(held, due_in=None)
                turn.speak_as_before()
                assert not turns.speak_as_before(held, due_in=None)

    @rule(held=rights)
    def give_back(self, held: Held) -> None:
        turn = self._written_by(held)
        may_wait_again = turn is not None and not turn.is_stopped
        assert turns.give_back(held) is may_wait_again
        if turn and may_wait_again:
            turn.end_attempt()
            turn.status = TurnStatus.QUEUED

    # What time and housekeeping do

    @rule(pk=turns)
    def lease_expires(self, pk: int) -> None:
        past = timezone.now() - timedelta(seconds=1)
        running = Turn.objects.filter(pk=pk, status=TurnStatus.STREAMING)
        self.expected[pk].is_expired = bool(running.update(lease_until=past))

    @rule(pk=turns)
    def release_lost(self, pk: int) -> None:
        turn = self.expected[pk]
        is_lost = turn.status == TurnStatus.STREAMING and turn.is_expired
        status = turns.release_lost(Turn.objects.get(pk=pk))
        if not is_lost:
            assert status is None
            return
        waits_again = not turn.text and turn.losses < MOST_LOSSES and not turn.is_stopped
        turn.status = TurnStatus.QUEUED if waits_again else TurnStatus.INTERRUPTED
        turn.losses += 1
        turn.spoken = turn.spoken if waits_again else 0
        turn.end_attempt()
        assert status == turn.status

    # What always holds

    @invariant()
    def every_turn_is_as_the_model_says(self) -> None:
        stored = list(Turn.objects.filter(pk__in=self.expected).prefetch_related("attempts"))
        running = [turn.session_id for turn in stored if turn.status == TurnStatus.STREAMING]
        assert len(running) == len(set(running)), "two replies run in one session"
        for turn in stored:
            expected = self.expected[turn.pk]
            assert (turn.status, turn.attempt) == (expected.status, expected.attempt)
            assert turn.attempt >= self.highest[turn.pk]
            assert (turn.finished_at is None) is (turn.status in OPEN)
            assert (turn.lease_until is None) is (turn.status != TurnStatus.STREAMING)
            self.highest[turn.pk] = turn.attempt
            texts = {attempt.number: attempt.text for attempt in turn.attempts.all()}
            assert texts == expected.texts
            assert {number: texts[number] for number in expected.ended} == expected.ended

    def teardown(self) -> None:
        """Whatever happened, each message has its turn and the queue can be worked off in order."""
        asked = list(Turn.objects.filter(pk__in=self.expected).values_list("question", flat=True))
        assert len(asked) == len(set(asked)) == len(self.expected)
        assert Message.objects.filter(session__in=self.sessions).count() == len(self.expected)
        answered: list[tuple[object, int]] = []
        for lost in lost_turns(at_once=True):
            turns.release_lost(lost, at_once=True)
        while head := line.waiting_heads(undispatched_for=timedelta()).filter(pk__in=self.expected).first():
            held = turns.claim(head, places=200, snapshot={})
            assert held is not None, "next, and cannot be taken"
            assert turns.finish(head, held, status=TurnStatus.COMPLETE, text="Done.")
            answered.append((head.session_id, head.position))
        open_turns = Turn.objects.filter(pk__in=self.expected, status__in=OPEN)
        assert not open_turns.exists()
        for session in {session for session, _ in answered}:
            positions = [position for each, position in answered if each == session]
            assert positions == sorted(positions)

    def _written_by(self, held: Held) -> Expected | None:
        """The turn that this right may write, None for a zombie's."""
        turn = self.expected[held.turn_id]
        is_current = turn.status == TurnStatus.STREAMING and turn.attempt == held.attempt
        return turn if is_current else None

    def _is_next(self, turn: Expected) -> bool:
        others = [
            each for each in self.expected.values() if each.session == turn.session and each is not turn
        ]
        is_ahead = [
            each.status == TurnStatus.STREAMING
            or (each.status == TurnStatus.QUEUED and each.position < turn.position)
            for each in others
        ]
        return turn.status == TurnStatus.QUEUED and not any(is_ahead)
