"""Two readers who send, edit, regenerate and choose in one session, beside a model of its tree."""

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from accounts.models import User
from chat import turns
from chat.announcing import announce_turn
from chat.branching import edit_and_resend, regenerate, show_version
from chat.models import OPEN_STATUSES, Message, Session, Turn, TurnStatus
from chat.paths import path_to
from chat.selectors import find_turn
from chat.services import create_session, run_turn_again, stop_turn, submit_message
from core.errors import Conflict
from tests.chat.path_reader import Reader


@dataclass(frozen=True)
class Node:
    """A turn of the tree, with the message that it answers and the turn that this goes on from."""

    turn: int
    question: int
    text: str
    parent: int | None


class PathMachine(RuleBasedStateMachine):
    owner: User
    nodes = Bundle("nodes")

    def __init__(self) -> None:
        super().__init__()
        self.tree: dict[int, Node] = {}
        self.head: int | None = None
        self.count = 0

    @initialize()
    def two_readers(self) -> None:
        self.session = create_session(self.owner)
        self.readers = [Reader(self.session), Reader(self.session)]

    # What people do

    @rule(target=nodes)
    def send(self) -> int:
        text = self._text()
        turn = submit_message(self.owner, text=text, client_id=text, session_id=self.session.pk).turn
        assert turn.question.parent_id == self.head
        return self._grow(turn)

    @rule(target=nodes, pk=nodes)
    def edit(self, pk: int) -> int:
        text = self._text()
        message = Message.objects.select_related("session__owner").get(pk=self.tree[pk].question)
        turn = edit_and_resend(message, text=text, client_id=text).turn
        assert edit_and_resend(message, text=text, client_id=text).turn == turn
        assert turn.question.parent_id == self.tree[pk].parent
        return self._grow(turn)

    @rule(target=nodes, pk=nodes)
    def regenerate(self, pk: int) -> object:
        alike = [each.turn for each in self.tree.values() if each.question == self.tree[pk].question]
        is_any_open = Turn.objects.filter(pk__in=alike, status__in=OPEN_STATUSES).exists()
        try:
            turn = regenerate(find_turn(pk))
        except Conflict:
            assert is_any_open
            return multiple()
        assert not is_any_open
        return self._grow(turn)

    @rule(pk=nodes, is_by_message=st.booleans())
    def choose(self, pk: int, is_by_message: bool) -> None:
        turn = find_turn(pk)
        show_version(turn.question if is_by_message else turn)
        goal = {"question": turn.question_id} if is_by_message else {"turn": pk}
        ((name, value),) = goal.items()
        if value not in {getattr(each, name) for each in self._path(self.head)}:
            below = [
                each for each in self.tree if value in {getattr(above, name) for above in self._path(each)}
            ]
            self.head = max(below, key=lambda each: Turn.objects.get(pk=each).position)

    @rule(pk=nodes)
    def stop(self, pk: int) -> None:
        stop_turn(find_turn(pk))

    @rule(pk=nodes)
    def run_again(self, pk: int) -> None:
        try:
            run_turn_again(find_turn(pk))
        except Conflict:
            assert Turn.objects.get(pk=pk).status in {*OPEN_STATUSES, TurnStatus.COMPLETE}

    # What workers do

    @rule(status=st.sampled_from([TurnStatus.COMPLETE, TurnStatus.INTERRUPTED, TurnStatus.FAILED]))
    def the_next_one_is_answered(self, status: TurnStatus) -> None:
        queued = Turn.objects.filter(session=self.session, status=TurnStatus.QUEUED)
        turn = queued.order_by("position").first()
        held = turn and turns.claim(turn, places=200, snapshot={})
        if turn and held:
            assert turns.finish(turn, held, status=status, text=f"To {turn.question_id}.")
            announce_turn(find_turn(turn.pk))

    # What connections do

    @rule(index=st.integers(0, 1))
    def disconnect(self, index: int) -> None:
        self.readers[index].disconnect()

    @rule(index=st.integers(0, 1))
    def come_back(self, index: int) -> None:
        self.readers[index].connect()

    @rule(index=st.integers(0, 1))
    def load_anew(self, index: int) -> None:
        self.readers[index].forget()

    # What always holds

    @invariant()
    def readers_show_the_path(self) -> None:
        path = [(each.question, each.turn) for each in reversed(self._path(self.head))]
        for reader in self.readers:
            if reader.is_connected:
                reader.catch_up()
                assert reader.shown == path

    @invariant()
    def nothing_is_lost_and_the_tree_is_one(self) -> None:
        stored = list(Turn.objects.filter(session=self.session).select_related("question"))
        assert {
            each.pk: Node(each.pk, each.question_id, each.question.text, each.question.parent_id)
            for each in stored
        } == self.tree
        assert Session.objects.get(pk=self.session.pk).head_id == self.head
        positions = [each.position for each in stored] + [
            each.position for each in Message.objects.filter(session=self.session)
        ]
        assert len(positions) == len(set(positions))
        path = list(path_to(self.head).select_related("question"))
        assert [each.pk for each in path] == [each.turn for each in self._path(self.head)]
        falling = [place for each in path for place in (each.position, each.question.position)]
        assert falling == sorted(falling, reverse=True)

    def teardown(self) -> None:
        """Whoever was away sees the same in the end."""
        for reader in getattr(self, "readers", ()):
            reader.connect()
        if hasattr(self, "session"):
            self.readers_show_the_path()
        for reader in getattr(self, "readers", ()):
            reader.disconnect()

    def _text(self) -> str:
        self.count += 1
        return f"{self.session.pk}-{self.count}"

    def _grow(self, turn: Turn) -> int:
        question = turn.question
        self.tree[turn.pk] = Node(turn.pk, question.pk, question.text, question.parent_id)
        self.head = turn.pk
        return turn.pk

    def _path(self, turn: int | None) -> list[Node]:
        """From a turn upwards."""
        path: list[Node] = []
        while turn is not None:
            path.append(self.tree[turn])
            turn = path[-1].parent
        return path
