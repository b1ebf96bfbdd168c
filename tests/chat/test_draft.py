"""The text of a running attempt: written on the engine loop, read by the turn's thread."""

import threading
import uuid
from collections.abc import Callable

import pytest

from chat.announcing import Announcer
from chat.draft import Draft
from chat.turns import Held
from core.loop import engine_loop, run_on_loop
from tests.chat.listening import Listener


@pytest.fixture
def session() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def ears(session: uuid.UUID, listen: Callable[..., Listener]) -> Listener:
    return listen(session)


@pytest.fixture
def draft(session: uuid.UUID) -> Draft:
    return Draft(Held(1, 1), Announcer(session))


def append(draft: Draft, *pieces: str) -> None:
    async def write() -> None:
        for piece in pieces:
            draft.append(piece)

    run_on_loop(write()).result(60)


def published(ears: Listener) -> list[tuple[int, str]]:
    return [(event["at"], event["text"]) for event in ears.of("turn.delta")]


def test_the_first_piece_is_published_at_once(draft: Draft, ears: Listener) -> None:
    append(draft, "Well")

    assert published(ears) == [(0, "Well")]


def test_later_pieces_are_published_together(draft: Draft, ears: Listener, eventually) -> None:
    append(draft, "Well", ", ", "it ", "depends")

    eventually(lambda: published(ears) == [(0, "Well"), (4, ", it depends")])


def test_a_piece_after_a_silence_is_published_at_once_again(draft: Draft, ears: Listener) -> None:
    append(draft, "Well")
    threading.Event().wait(0.03)
    append(draft, ", yes")

    assert published(ears) == [(0, "Well"), (4, ", yes")]


def test_places_are_counted_in_code_points(draft: Draft, ears: Listener, eventually) -> None:
    append(draft, "😀👩‍👩‍👧é", "!")

    eventually(lambda: published(ears)[1:] == [(7, "!")])


def test_closing_publishes_what_waits_and_gives_the_whole_text(draft: Draft, ears: Listener) -> None:
    append(draft, "Well", ", yes")

    assert draft.close() == "Well, yes"
    assert published(ears) == [(0, "Well"), (4, ", yes")]


def test_what_comes_after_the_end_is_taken_no_more(draft: Draft, ears: Listener) -> None:
    append(draft, "Well")
    draft.close()
    append(draft, " and another thing")

    assert draft.close() == "Well"
    assert published(ears) == [(0, "Well")]


def test_who_lost_its_turn_publishes_nothing_more(draft: Draft, ears: Listener) -> None:
    append(draft, "Well", ", yes")
    draft.discard()
    threading.Event().wait(0.05)
    append(draft, "!")

    assert published(ears) == [(0, "Well")]


def test_a_new_attempt_begins_at_the_beginning(draft: Draft, ears: Listener) -> None:
    append(draft, "Well", ", yes")
    draft.close()
    draft.restart(Held(1, 2))
    append(draft, "No")

    assert draft.close() == "No"
    assert [(event["attempt"], event["at"], event["text"]) for event in ears.of("turn.delta")] == [
        (1, 0, "Well"),
        (1, 4, ", yes"),
        (2, 0, "No"),
    ]


def test_a_checkpoint_contains_what_is_not_published_yet(draft: Draft, ears: Listener) -> None:
    append(draft, "Well", ", yes")

    assert draft.checkpoint()[0] == "Well, yes"


def test_an_empty_draft_is_an_empty_text(draft: Draft, ears: Listener) -> None:
    assert draft.checkpoint()[0] == draft.close() == ""
    assert published(ears) == []


def test_a_checkpoint_contains_every_event_up_to_its_id(draft: Draft, ears: Listener) -> None:
    """While the text grows on the loop, the thread keeps taking checkpoints."""
    pieces = [f"{number} " for number in range(3000)]
    whole = "".join(pieces)
    is_written = threading.Event()

    def write(index: int = 0) -> None:
        for piece in pieces[index : index + 10]:
            draft.append(piece)
        if index + 10 < len(pieces):
            engine_loop().call_soon(write, index + 10)
        else:
            is_written.set()

    engine_loop().call_soon_threadsafe(write)
    checkpoints = [draft.checkpoint()]
    while not is_written.is_set():
        checkpoints.append(draft.checkpoint())
    draft.close()

    deltas = ears.of("turn.delta")
    for text, event_id in checkpoints:
        assert whole.startswith(text)
        contained = [event for event in deltas if event["id"] <= event_id]
        reached = contained[-1]["at"] + len(contained[-1]["text"]) if contained else 0
        assert reached <= len(text)
    assert ears.text(1, 1) == whole
