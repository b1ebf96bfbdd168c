"""What a chat begins with: kept with the session, so that page, prompt and export say the same."""

import json
from collections.abc import Callable

import pytest

from accounts.models import User
from chat.models import Session
from chat.moving.exporting import exported
from chat.moving.importing import import_chats
from chat.services import create_session
from chat.snapshots import conversation_snapshot
from core.errors import InvalidInput
from personas.models import Card, Persona
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]


@pytest.fixture
def jane(jane: Persona) -> Persona:
    jane.greeting = "Come in, {{user}}."
    jane.save()
    Card.objects.create(persona=jane, greetings=["Sit *down*.", "{{char}} nods."])
    return jane


def greeting_in(session: Session, reader: User) -> str:
    greeting = conversation_snapshot(reader, session.pk).form["greeting"]
    return str(greeting["text"]) if greeting else ""


def test_a_chat_begins_with_the_personas_greeting(say: Say, alice: User) -> None:
    session = say().turn.session

    assert greeting_in(session, alice) == "Come in, alice."


def test_another_one_can_be_chosen(say: Say, alice: User, jane: Persona) -> None:
    session = say(greeting=2).turn.session

    assert greeting_in(session, alice) == f"{jane.name} nods."


@pytest.mark.parametrize("number", [3, -1])
def test_one_that_is_not_there_is_refused(say: Say, number: int) -> None:
    with pytest.raises(InvalidInput):
        say(greeting=number)
    assert not Session.objects.exists()


def test_it_stays_when_the_persona_gets_another_one(say: Say, alice: User, jane: Persona) -> None:
    session = say().turn.session
    jane.greeting = "Go away."
    jane.save()

    assert greeting_in(session, alice) == "Come in, alice."


def test_the_model_is_told_the_greeting_that_was_read(
    say: Say, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("say:Aha.")
    reply_to(say(greeting=1).turn)

    assert "before writing anything:\nSit *down*." in playing.calls[-1].system


@pytest.mark.usefixtures("sam")
def test_a_persona_that_comes_later_does_not_believe_it_has_greeted(
    say: Say, provider: Callable[..., Provider], playing: PlayingServer
) -> None:
    provider("say:Aha.")
    first = say().turn
    reply_to(first)
    reply_to(say(session_id=first.session_id, persona_slug="sam").turn)

    assert "You are Sam" in playing.calls[-1].system
    assert "before writing anything" not in playing.calls[-1].system


@pytest.mark.usefixtures("sam")
def test_who_is_chosen_in_an_empty_session_greets(alice: User, jane: Persona, say: Say) -> None:
    session = create_session(alice, persona_slug="jane")
    assert greeting_in(session, alice) == ""  # somebody else may still be chosen

    say(session_id=session.pk, persona_slug="sam")

    session.refresh_from_db()
    assert session.greeting["slug"] == "sam"


def test_later_messages_change_nothing(alice: User, say: Say) -> None:
    session = say().turn.session
    say(session_id=session.pk, greeting=2)

    assert greeting_in(session, alice) == "Come in, alice."


def test_it_goes_out_and_comes_in_with_the_chat(say: Say, alice: User, bob: User) -> None:
    session = say("Hello").turn.session
    assert "## Jane\n\nCome in, alice." in exported(session, form="markdown")

    content = exported(session, form="json")
    (brought,) = import_chats(bob, content.encode()).sessions

    assert json.loads(content)["greeting"] == {"text": "Come in, alice.", "by": "Jane"}
    assert greeting_in(brought, bob) == "Come in, alice."
    assert brought.greeting["slug"] == ""  # so that no persona takes it for its own words


def test_the_page_shows_it_above_the_messages(say: Say, alice: User, as_user) -> None:
    session = say(greeting=1).turn.session

    page = as_user(alice).get(f"/chat/{session.pk}/").content.decode()

    assert page.index("Sit <em>down</em>.") < page.index('data-kind="message"')


def test_a_new_chat_offers_all_of_them_and_short_things_to_say(alice: User, jane: Persona, as_user) -> None:
    jane.example_dialogue = (
        f"Person: What now?\nJane: Tea.\nPerson: Why?\n<START>\n{{{{user}}}}: {'long ' * 40}"
    )
    jane.save()

    page = as_user(alice).get("/chat/").content.decode()

    assert "Come in, alice." in page
    assert "of 3</span>" in page
    assert 'data-text="What now?"' in page
    assert "Why?" not in page
    assert "long long" not in page


@pytest.mark.django_db(transaction=True)
def test_programs_see_and_choose_them(alice: User, jane: Persona, as_user) -> None:
    client = as_user(alice)
    (told,) = [each for each in client.get("/api/personas").json() if each["id"] == "jane"]
    assert told["other_greetings"] == ["Sit *down*.", "{{char}} nods."]

    body = {"message": "Hello", "persona_id": "jane", "greeting": 1, "wait": False}
    answer = client.post("/api/chat", body, content_type="application/json").json()

    kept = client.get(f"/api/sessions/{answer['session_id']}").json()["greeting"]
    assert (kept["text"], kept["persona"]["slug"]) == ("Sit *down*.", "jane")
