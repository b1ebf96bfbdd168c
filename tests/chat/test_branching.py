"""Replies written once more, messages sent anew, and which of them are shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import branching
from chat.announcing import topic_of
from chat.branching import edit_and_resend, regenerate, show_version
from chat.keeping import delete_session, erase_deleted
from chat.models import Message, Session, Turn, TurnStatus
from chat.selectors import exchanges_of, path_of
from chat.services import run_turn_again, stop_turn, submit_message
from chat.snapshots import snapshot_of
from core.errors import Conflict, NotFound
from personas.models import Persona
from providers.models import EngineSettings, Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to
from tests.playing import PlayingServer

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def echoing(provider: Callable[..., Provider], quick_engine: EngineSettings) -> Provider:
    return provider("say:Aha.")


@pytest.fixture
def asked(say: Say) -> Callable[..., Turn]:
    """Say something in the same chat, and have it answered."""
    session: list[Any] = []

    def ask(text: str) -> Turn:
        turn = say(text, session_id=session[0] if session else None).turn
        session[:] = [turn.session_id]
        reply_to(turn)
        return turn

    return ask


def shown(turn: Turn | Message) -> list[str]:
    """What the page of this session shows: questions, and the numbers of the turns that reply to them."""
    session = Session.objects.get(pk=turn.session_id)
    return [f"{each.question.text} {each.pk}" for each in path_of(session)]


def edited(turn: Turn, text: str, client_id: str = "edited") -> Turn:
    return edit_and_resend(turn.question, text=text, client_id=client_id).turn


def test_a_regenerated_reply_stands_beside_the_earlier_one(asked: Callable[..., Turn]) -> None:
    first = asked("One")
    again = regenerate(first)

    assert reply_to(again).text == "Aha."
    assert again.question == first.question
    assert again.persona == first.persona
    first = Turn.objects.get(pk=first.pk)
    assert (first.status, first.current_attempt.text) == (TurnStatus.COMPLETE, "Aha.")
    assert shown(first) == [f"One {again.pk}"]


def test_two_clicks_make_one_reply(asked: Callable[..., Turn]) -> None:
    first = asked("One")
    regenerate(first)

    with pytest.raises(Conflict):
        regenerate(first)
    assert first.question.turns.count() == 2


def test_a_reply_that_is_still_being_made_is_not_regenerated(say: Say) -> None:
    with pytest.raises(Conflict):
        regenerate(say("One").turn)


def test_another_persona_may_be_asked(asked: Callable[..., Turn]) -> None:
    first = asked("One")
    other = Persona.objects.create(slug="kim", name="Kim")

    assert regenerate(first, persona_slug=other.slug).persona == other
    stop_turn(first.question.turns.latest("pk"))
    with pytest.raises(NotFound):
        regenerate(first, persona_slug="nobody")


def test_a_persona_that_was_switched_off_leaves_it_to_that_of_the_session(asked) -> None:
    first = asked("One")
    other = Persona.objects.create(slug="kim", name="Kim")
    Session.objects.update(persona=other)
    Persona.objects.filter(slug="jane").update(is_active=False)

    assert regenerate(Turn.objects.get(pk=first.pk)).persona == other


def test_an_edited_message_begins_a_path_of_its_own(asked, playing: PlayingServer) -> None:
    asked("One")
    second = asked("Two")
    third = asked("Three")
    edit = edited(second, "Other")
    reply_to(edit)

    assert shown(edit)[1:] == [f"Other {edit.pk}"]
    told = [each["text"] for each in playing.calls[-1].messages if each["role"] != "system"]
    assert told == ["One", "Aha.", "Other"]
    assert Message.objects.get(pk=second.question_id).text == "Two"
    assert Turn.objects.filter(pk=third.pk).exists()


def test_the_first_message_may_be_edited_too(asked) -> None:
    first = asked("One")
    asked("Two")
    edit = edited(first, "Begin anew")

    assert shown(edit) == [f"Begin anew {edit.pk}"]


def test_an_edit_sent_twice_is_stored_once(asked) -> None:
    first = asked("One")
    edit = edited(first, "Other")

    assert edited(first, "Other") == edit
    assert Message.objects.filter(session=first.session_id).count() == 2
    with pytest.raises(Conflict):
        edited(first, "Something else")


def test_what_is_said_next_goes_on_from_what_is_shown(asked) -> None:
    first = asked("One")
    other = regenerate(first)
    reply_to(other)
    show_version(first)
    second = asked("Two")

    assert shown(second) == [f"One {first.pk}", f"Two {second.pk}"]
    show_version(other)
    assert shown(second) == [f"One {other.pk}"]


def test_the_prompt_follows_the_turn_whatever_is_shown_meanwhile(asked, say: Say, playing) -> None:
    first = asked("One")
    waiting = say("Two", session_id=first.session_id).turn
    edited(first, "Other")
    reply_to(waiting)

    told = [each["text"] for each in playing.calls[-1].messages if each["role"] != "system"]
    assert told == ["One", "Aha.", "Two"]


def test_a_version_is_shown_with_the_newest_of_what_followed_it(asked) -> None:
    first, second = asked("One"), asked("Two")
    again = regenerate(second)
    reply_to(again)
    edit = edited(first, "Other")
    show_version(first.question)

    assert shown(first) == [f"One {first.pk}", f"Two {again.pk}"]
    show_version(edit)
    show_version(second)
    assert shown(first) == [f"One {first.pk}", f"Two {second.pk}"]


def test_what_is_shown_already_stays_as_it_is(asked, listen) -> None:
    first = asked("One")
    second = asked("Two")
    show_version(regenerate(second))
    show_version(second)
    ears = listen(topic_of(first.session_id))
    show_version(first)

    assert shown(first) == [f"One {first.pk}", f"Two {second.pk}"]
    assert ears.kinds == []


def test_a_reply_is_regenerated_while_another_one_is_written(asked, say: Say) -> None:
    first = asked("One")
    running = say("Two", session_id=first.session_id).turn
    again = regenerate(first)

    reply_to(running)
    assert reply_to(again).text == "Aha."
    assert shown(first) == [f"One {again.pk}"]


def test_a_stopped_reply_may_be_run_again_and_regenerated(say: Say) -> None:
    first = say("One").turn
    stop_turn(first)
    again = regenerate(first)
    stop_turn(again)
    run_turn_again(first)

    assert [each.status for each in first.question.turns.all()] == ["queued", "cancelled"]
    assert shown(first) == [f"One {again.pk}"]


def test_each_says_which_version_it_is_and_what_is_beside_it(asked) -> None:
    first, second = asked("One"), asked("Two")
    again = regenerate(second)
    edit = edited(first, "Other")
    show_version(second)

    form = snapshot_of(Session.objects.get()).form
    one = {"index": 1, "count": 1, "previous": None, "next": None}
    assert [each["parent"] for each in form["messages"]] == [None, first.pk]
    assert form["messages"][0]["versions"] == {
        "index": 1,
        "count": 2,
        "previous": None,
        "next": edit.question_id,
    }
    assert [each["versions"] for each in (form["messages"][1], form["turns"][0])] == [one, one]
    assert form["turns"][1]["versions"] == {"index": 1, "count": 2, "previous": None, "next": again.pk}


def test_a_snapshot_takes_as_many_statements_whatever_its_length(asked, say: Say) -> None:
    first = asked("One")
    regenerate(first)

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            snapshot_of(Session.objects.get(pk=first.session_id), limit=2)
        return len(queries)

    stop_turn(first.question.turns.latest("pk"))
    few = statements()
    for text in ("Two", "Three"):
        stop_turn(say(text, session_id=first.session_id).turn)
    assert statements() == few


def test_the_history_lists_every_version(asked) -> None:
    first = asked("One")
    reply_to(regenerate(first))
    reply_to(edited(first, "Other"))

    items = exchanges_of(Session.objects.get(), before=None, limit=10)["items"]
    assert [each["message"] for each in items] == ["One", "One", "Other"]


def test_there_is_a_most_of_versions(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asked("One")
    monkeypatch.setattr(branching, "MOST_VERSIONS", 1)

    for too_many in (lambda: regenerate(first), lambda: edited(first, "Other")):
        with pytest.raises(Conflict, match="1 version"):
            too_many()


def test_listeners_are_told_that_another_path_is_shown(asked, listen) -> None:
    first = asked("One")
    ears = listen(topic_of(first.session_id))
    again = regenerate(first)
    edit = edited(first, "Other")
    show_version(first)

    assert [each["head"] for each in ears.of("path")] == [again.pk, edit.pk, first.pk]
    assert {"message", "turn.queued"}.isdisjoint(ears.kinds)


def test_a_chat_with_versions_is_erased_whole(asked, alice: User) -> None:
    first = asked("One")
    stop_turn(regenerate(first))
    stop_turn(edited(first, "Other"))
    delete_session(alice, first.session_id)
    Session.objects.update(deleted_at="2020-01-01T00:00:00Z")

    assert erase_deleted() == 1
    assert not Turn.objects.exists()


def test_earlier_pages_belong_to_what_the_page_shows(asked, as_user, alice: User) -> None:
    first, second = asked("One"), asked("Two")
    asked("Three")
    edit = edited(second, "Other")
    earlier = as_user(alice).get(f"/chat/{first.session_id}/before/{edit.question.position}/").content

    assert b"One" in earlier
    assert not any(each in earlier for each in (b"Two", b"Three", b"Other"))


def test_the_comparison_shows_every_version_and_chooses_one(asked, as_user, alice: User) -> None:
    first = asked("One")
    again = regenerate(first)
    reply_to(again)
    browser: Client = as_user(alice)
    page = browser.get(f"/chat/turns/{again.pk}/versions/").content.decode()

    assert page.count("<p>Aha.</p>") == 2
    assert "Version 1 of 2 · OpenAI · say:Aha." in page
    assert browser.post(f"/chat/turns/{first.pk}/show/").status_code == 302
    assert shown(first) == [f"One {first.pk}"]


def test_sending_takes_no_statement_more_for_the_path(say: Say, alice: User) -> None:
    first = say("One").turn
    with CaptureQueriesContext(connection) as queries:
        submit_message(alice, text="Two", client_id="two", session_id=first.session_id)

    kinds = [each["sql"].split()[0] for each in queries if "chat_" in each["sql"]]
    assert kinds == ["SELECT", "INSERT", "INSERT", "UPDATE"]


def test_an_edit_that_is_sent_twice_is_stored_once_even_when_it_was_the_last_one_allowed(
    asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branching, "MOST_VERSIONS", 2)
    first = asked("One")

    once, again = (edit_and_resend(first.question, text="Other", client_id="the-same-edit") for _ in range(2))

    assert (once.is_new, again.is_new) == (True, False)
    assert again.message == once.message
