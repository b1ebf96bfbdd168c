"""What a provider is told of the conversation so far."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from chat.models import Turn
from chat.services import run_turn_again, stop_turn
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]


@pytest.fixture(autouse=True)
def echoing(provider: Callable[..., Provider]) -> Provider:
    """A provider whose replies can be told from each other."""
    return provider("say:Aha.")


@pytest.fixture
def told(playing: PlayingServer) -> Callable[[], list[tuple[str, str]]]:
    """The dialogue that the provider was told of last, without the system prompt."""

    def told() -> list[tuple[str, str]]:
        messages = playing.calls[-1].messages
        return [(each["role"], each["text"]) for each in messages if each["role"] != "system"]

    return told


def talk(say: Say, *texts: str) -> Turn:
    """Say these one after the other, each after the reply to the one before. Gives the last turn."""
    turn = None
    for text in texts:
        turn = say(text, session_id=turn.session_id if turn else None).turn
        reply_to(turn)
    assert turn is not None
    return turn


def test_earlier_questions_and_replies_are_told_in_order(say: Say, told) -> None:
    talk(say, "One", "Two", "Three")

    assert told() == [
        ("user", "One"),
        ("assistant", "Aha."),
        ("user", "Two"),
        ("assistant", "Aha."),
        ("user", "Three"),
    ]


def test_the_system_prompt_is_the_personas(say: Say, playing: PlayingServer) -> None:
    talk(say, "One")

    assert playing.calls[0].system.startswith("## Who you are\nYou are Jane")


def test_other_sessions_stay_out_of_it(say: Say, told) -> None:
    talk(say, "A secret")
    talk(say, "Hello")

    assert told() == [("user", "Hello")]


@pytest.mark.parametrize("most", range(6))
def test_no_more_messages_are_told_than_staff_allow(say: Say, told, most: int) -> None:
    EngineSettings.objects.update(history_messages=most)
    talk(say, "One", "Two", "Three", "Four")

    earlier = told()[:-1]
    assert most - 1 <= len(earlier) <= most
    assert told()[0][0] == "user"
    assert told()[-1] == ("user", "Four")


def test_no_more_characters_are_told_than_staff_allow(say: Say, told) -> None:
    EngineSettings.objects.update(history_characters=1000)
    talk(say, "1" * 600, "2" * 600, "3" * 300, "4")

    assert told() == [
        ("user", "2" * 600),
        ("assistant", "Aha."),
        ("user", "3" * 300),
        ("assistant", "Aha."),
        ("user", "4"),
    ]


def test_the_question_itself_is_told_however_long_it_is(say: Say, told) -> None:
    EngineSettings.objects.update(history_characters=1000)
    talk(say, "One", "2" * 5000)

    assert told()[-1] == ("user", "2" * 5000)


def test_the_dialogue_begins_with_the_person_wherever_it_is_cut(say: Say, told) -> None:
    EngineSettings.objects.update(history_characters=1000)
    for length in (990, 994, 995, 996, 997, 1000):
        talk(say, "1" * length, "Two")

        assert told()[0][0] == "user"


def test_what_the_fallback_voice_said_is_no_part_of_later_prompts(
    say: Say, told, playing: PlayingServer
) -> None:
    playing.cast("say:Aha.", "status:500")
    first = talk(say, "One")
    playing.cast("say:Aha.", "say:Aha.")
    turn = say("Two", session_id=first.session_id).turn
    reply_to(turn)

    assert told() == [("user", "One"), ("user", "Two")]


def test_a_reply_that_was_replaced_is_told_by_its_last_text(
    say: Say, told, provider: Callable[..., Provider]
) -> None:
    provider("cut:5", name="breaks", priority=1)
    talk(say, "One", "Two")

    assert told() == [("user", "One"), ("assistant", "Aha."), ("user", "Two")]


def test_a_question_that_was_never_answered_is_told_all_the_same(say: Say, told) -> None:
    turn = say("My name is Alice.").turn
    stop_turn(turn)
    reply_to(say("What is my name?", session_id=turn.session_id).turn)

    assert told() == [("user", "My name is Alice."), ("user", "What is my name?")]


def test_a_reply_that_is_run_again_is_not_told_of_what_came_later(say: Say, told) -> None:
    first = say("One").turn
    second = say("Two", session_id=first.session_id).turn
    stop_turn(first)
    reply_to(second)

    reply_to(run_turn_again(first))

    assert told() == [("user", "One")]


def test_positions_tell_what_is_earlier_not_the_time_of_the_answer(say: Say, told) -> None:
    turns = [say(text).turn for text in ("One",)]
    turns += [say(text, session_id=turns[0].session_id).turn for text in ("Two", "Three")]
    stop_turn(turns[1])
    reply_to(turns[0])
    reply_to(turns[2])
    reply_to(run_turn_again(turns[1]))

    assert [text for _, text in told()] == ["One", "Aha.", "Two"]
    assert all(earlier.position < later.position for earlier, later in pairwise(turns))
