"""A title by a model, where staff allow it."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.keeping import change_session
from chat.models import Session, Turn
from chat.titles import title_said
from chat.titling import name_session
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to, told_tasks
from tests.playing import PlayingServer
from usage.models import Call, Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]

QUESTION = "How do the tides come about?"


@pytest.fixture(autouse=True)
def _staff_allow_it(quick_engine: EngineSettings) -> None:
    quick_engine.titles_by_model = True
    quick_engine.save()


@pytest.fixture
def model(provider: Callable[..., Provider]) -> Provider:
    return provider("say:Tides and the moon")


@pytest.fixture
def answered(say: Say, model: Provider) -> Turn:
    """A first question with its reply."""
    turn = say(QUESTION).turn
    reply_to(turn)
    return turn


def title_of(turn: Turn) -> str:
    return Session.objects.get(pk=turn.session_id).title


def wanted_titles(eventually: Callable[..., None]) -> list[object]:
    """Turns after which workers were told to ask for a title; handed over by a thread of its own."""
    found: list[object] = []

    def look() -> bool:
        found.extend(arguments[0] for name, arguments in told_tasks() if name == "chat.tasks.title_session")
        return bool(found)

    eventually(look)
    return found


def test_after_the_first_reply_a_title_is_asked_for(answered: Turn, eventually) -> None:
    assert wanted_titles(eventually) == [answered.pk]


def test_what_the_model_says_becomes_the_title_and_those_who_look_are_told(answered: Turn, listen) -> None:
    heard = listen(f"session:{answered.session_id}")
    name_session(answered.pk)

    assert title_of(answered) == "Tides and the moon"
    (told,) = heard.of("session.changed")
    assert told["session"]["title"] == "Tides and the moon"


def test_the_call_is_in_the_ledger_for_the_persona_and_its_owner(answered: Turn, alice: User) -> None:
    name_session(answered.pk)

    call = Call.objects.get(purpose=Purpose.TITLE)
    assert (call.user, call.persona, call.turn_id) == (alice, answered.persona, answered.pk)


def test_it_is_asked_for_little_and_told_what_is_quoted(answered: Turn, playing: PlayingServer) -> None:
    name_session(answered.pk)

    asked = playing.calls[-1]
    assert asked.max_tokens == 32
    assert f"> Person: {QUESTION}" in asked.messages[-1]["text"]


def test_a_title_that_a_person_gave_stays(answered: Turn, alice: User, playing: PlayingServer) -> None:
    change_session(alice, answered.session_id, title="Mine")
    asked = len(playing.calls)
    name_session(answered.pk)

    assert title_of(answered) == "Mine"
    assert len(playing.calls) == asked


def test_a_title_that_a_person_gives_meanwhile_stays(
    answered: Turn, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed_meanwhile(text: str) -> str:
        change_session(alice, answered.session_id, title="Mine")
        return title_said(text)

    monkeypatch.setattr("chat.titling.title_said", renamed_meanwhile)
    name_session(answered.pk)

    assert title_of(answered) == "Mine"


def test_nobody_is_asked_while_staff_have_not_allowed_it(
    answered: Turn, quick_engine: EngineSettings, playing: PlayingServer
) -> None:
    quick_engine.titles_by_model = False
    quick_engine.save()
    asked = len(playing.calls)
    name_session(answered.pk)

    assert len(playing.calls) == asked


def test_over_the_personas_cap_nobody_is_asked(
    answered: Turn, quick_engine: EngineSettings, playing: PlayingServer
) -> None:
    quick_engine.daily_token_cap = 0
    quick_engine.save()
    asked = len(playing.calls)
    name_session(answered.pk)

    assert (len(playing.calls), title_of(answered)) == (asked, QUESTION)


def test_a_model_that_fails_leaves_the_title_as_it_is(answered: Turn, model: Provider) -> None:
    Provider.objects.filter(pk=model.pk).update(model="refused")
    name_session(answered.pk)

    assert title_of(answered) == QUESTION


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Tides and the moon", "Tides and the moon"),
        ('"Tides and the moon."', "Tides and the moon"),
        ("**Title:** Tides", "Tides"),
        ("\n# Die Gezeiten\n", "Die Gezeiten"),
        ("", ""),
        ("…!", ""),
        ("Sure! Here is a title:\nTides", ""),
        ("word " * 30, ""),
        ("nul \x00", ""),
    ],
)
def test_nonsense_is_no_title(said: str, title: str) -> None:
    assert title_said(said) == title
