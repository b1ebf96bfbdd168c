"""A provider that breaks off after its first words: the next one starts over, and nothing is mixed."""

from collections.abc import Callable

import pytest

from chat.models import TurnStatus
from chat.selectors import find_turn
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from tests.playing import numbered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]


@pytest.fixture
def broken_then_sound(provider: Callable[..., Provider]) -> None:
    provider("cut:5:a", name="breaks", priority=1)
    provider("tokens:30@300:b", name="speaks", priority=2)


@pytest.mark.parametrize("ending", ["cut:5", "reset:5", "no-terminal:5", "silent:5"])
def test_the_first_text_is_put_aside_and_the_second_is_the_reply(
    say: Say, provider: Callable[..., Provider], ending: str
) -> None:
    provider(ending, name="breaks", priority=1, silence_timeout=1)
    provider("say:The whole answer.", name="speaks", priority=2)
    turn = say().turn

    reply = reply_to(turn)

    first, second = turn.attempts.all()
    assert (first.status, first.code, first.text) == (TurnStatus.INTERRUPTED, "replaced", numbered(5))
    assert (second.status, second.text) == (TurnStatus.COMPLETE, "The whole answer.")
    assert reply == second
    assert turn.attempt == 2


@pytest.mark.usefixtures("broken_then_sound")
def test_viewers_hear_that_the_text_is_replaced_and_why(say: Say, listen) -> None:
    turn = say().turn
    ears = listen(turn.session_id)

    reply_to(turn)

    assert [kind for kind in ears.kinds if kind != "turn.delta"] == [
        *("turn.started", "turn.restarted", "turn.started", "turn.done")
    ]
    (restarted,) = ears.of("turn.restarted")
    assert restarted["attempt"] == 2
    assert restarted["reason"].startswith("breaks broke off")


@pytest.mark.usefixtures("broken_then_sound")
def test_pieces_of_two_attempts_never_meet_in_one_text(say: Say, listen) -> None:
    turn = say().turn
    ears = listen(turn.session_id)

    reply = reply_to(turn)

    assert ears.text(turn.pk, 1) == numbered(5, "a") == turn.attempts.get(number=1).text
    assert ears.text(turn.pk, 2) == numbered(30, "b") == reply.text
    attempts = [event["attempt"] for event in ears.of("turn.delta")]
    assert attempts == sorted(attempts)


@pytest.mark.usefixtures("broken_then_sound")
def test_the_story_tells_of_both_and_the_wire_form_shows_the_last(say: Say) -> None:
    turn = say().turn

    reply = reply_to(turn)

    assert [(step["provider"], step["outcome"]) for step in reply.story] == [
        ("breaks", "failed"),
        ("speaks", "answered"),
    ]
    assert find_turn(turn.pk).current_attempt == reply


def test_when_everybody_breaks_off_the_fallback_voice_has_the_last_word(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("cut:5", name="first", priority=1)
    provider("cut:3", name="second", priority=2)
    turn = say().turn

    reply = reply_to(turn)

    assert [each.text for each in turn.attempts.all()] == [numbered(5), numbered(3), reply.text]
    assert reply.provider is not None
    assert reply.provider["is_fallback"]


def test_a_provider_that_fails_without_a_word_costs_no_attempt(
    say: Say, provider: Callable[..., Provider]
) -> None:
    provider("cut:0", name="mute", priority=1)
    provider("say:Here.", name="speaks", priority=2)
    turn = say().turn

    assert reply_to(turn).number == 1
