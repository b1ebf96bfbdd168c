"""Bringing chats along from elsewhere."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from chat.branching import edit_and_resend, regenerate, show_version
from chat.learning import exchanges_of, next_lesson
from chat.models import Message, Session, Turn
from chat.moving.exporting import exported
from chat.moving.importing import import_chats
from chat.search.finding import search
from chat.selectors import path_of
from chat.services import run_turn_again, stop_turn, submit_message
from chat.turns import TurnStatus
from core.errors import InvalidInput, TooLarge, ValisError
from personas.models import Persona
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def node(parent: str | None, role: str, text: object, **more: Any) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    return {
        "parent": parent,
        "message": {"author": {"role": role}, "content": content, "create_time": 1.7e9} | more,
    }


CHATGPT = [
    {
        "title": "Trip",
        "current_node": "e",
        "mapping": {
            "root": {"parent": None, "message": None},
            "a": node("root", "system", "Be kind"),
            "b": node("a", "user", "Where to?"),
            "c": node("b", "assistant", "An answer that was replaced"),
            "d": node("b", "assistant", "search()", recipient="browser"),
            "e": node("d", "assistant", "To the **sea**."),
        },
    }
]
SILLYTAVERN = """{"user_name": "Ann", "character_name": "Wren", "chat_metadata": {}}
{"name": "Wren", "is_user": false, "mes": "Hello there", "send_date": "June 1, 2024 5:30pm"}
{"name": "Ann", "is_user": true, "mes": "Hi Wren", "send_date": "2024-06-01T17:31:00.000Z"}
{"name": "Wren", "is_user": false, "mes": "*waves*", "send_date": 1717263060000, "swipes": ["no", "*waves*"]}
{"name": "x", "is_system": true, "mes": "A note"}
"""


def texts(session: Session) -> list[str]:
    chat = json.loads(exported(session, form="json"))
    return [each["text"] for each in chat["messages"]]


def bring(user: User, chats: object) -> list[Session]:
    content = chats if isinstance(chats, str) else json.dumps(chats)
    return import_chats(user, content.encode()).sessions


def test_an_own_export_comes_in_as_it_went_out(
    say: Say, alice: User, bob: User, provider: Callable[..., Provider]
) -> None:
    provider("say:A *poem*.")
    turn = say("What should I read?").turn
    reply_to(turn)
    say("Thanks", session_id=turn.session_id)

    (session,) = bring(bob, exported(turn.session, form="json"))

    assert session.owner == bob
    assert session.persona == turn.session.persona
    assert (session.title, texts(session)) == (
        "What should I read?",
        ["What should I read?", "A *poem*.", "Thanks"],
    )
    assert session.messages.get(position=1).created_at == turn.question.created_at


def test_of_chatgpt_all_branches_come_in_and_what_was_shown_is_shown(alice: User, jane: Persona) -> None:
    (session,) = bring(alice, CHATGPT)

    everything = ["Where to?", "An answer that was replaced", "To the **sea**."]
    assert (session.title, texts(session)) == ("Trip", everything)
    (turn,) = path_of(session)
    assert turn.status == TurnStatus.COMPLETE
    assert turn.snapshot["name"] == "ChatGPT"
    assert turn.current_attempt.provider["name"] == "imported"
    assert "<strong>sea</strong>" in turn.current_attempt.html
    assert session.messages.get().created_at == datetime.fromtimestamp(1.7e9, UTC)


def test_of_sillytavern_messages_come_in_below_the_greeting(alice: User, jane: Persona) -> None:
    imported = import_chats(alice, SILLYTAVERN.encode())

    (session,) = imported.sessions
    assert (session.title, texts(session)) == ("Wren", ["Hi Wren", "no", "*waves*"])
    assert (imported.messages, imported.replies, imported.left_out) == (1, 2, 0)
    assert session.greeting["text"]
    assert session.messages.get().created_at == datetime(2024, 6, 1, 17, 31, tzinfo=UTC)


def test_an_imported_chat_goes_on_and_is_found(
    alice: User, jane: Persona, provider: Callable[..., Provider]
) -> None:
    provider("say:Further.")
    (session,) = bring(alice, CHATGPT)

    turn = submit_message(alice, text="And then?", client_id="next", session_id=session.pk).turn
    assert reply_to(turn).text == "Further."
    assert {each["kind"] for each in search(alice, "sea")["results"]} == {"turn"}


def test_of_an_imported_chat_only_what_is_said_from_then_on_is_learned_from(
    alice: User, jane: Persona, provider: Callable[..., Provider]
) -> None:
    provider("say:Further.")
    (session,) = bring(alice, CHATGPT)
    assert not Turn.objects.filter(is_unlearned=True).exists()

    turn = submit_message(alice, text="I play the cello.", client_id="next", session_id=session.pk).turn
    reply_to(turn)
    (unlearned,) = next_lesson(persona_id=jane.pk, person_id=alice.pk)
    assert [each.said for each in exchanges_of([unlearned])] == ["I play the cello."]


def test_the_whole_tree_goes_out_and_comes_in_again(
    say: Say, alice: User, bob: User, provider: Callable[..., Provider]
) -> None:
    provider("say:Aha.")
    first = say("One").turn
    reply_to(first)
    second = say("Two", session_id=first.session_id).turn
    stop_turn(second)
    reply_to(say("Three", session_id=first.session_id).turn)
    reply_to(regenerate(Turn.objects.get(pk=first.pk)))
    reply_to(edit_and_resend(first.question, text="Other", client_id="other").turn)
    show_version(second)

    (session,) = bring(bob, exported(Session.objects.get(owner=alice), form="json"))

    assert [each.question.text for each in path_of(session)] == ["One", "Two", "Three"]
    assert [each.status for each in path_of(session)] == ["complete", "cancelled", "complete"]
    assert session.messages.filter(parent=None).count() == 2
    assert session.messages.get(text="One").turns.count() == 2
    before, after = (
        json.loads(exported(each, form="json"))["messages"] for each in Session.objects.order_by("created_at")
    )
    assert [each["text"] for each in after] == [each["text"] for each in before]


def test_replies_of_one_version_that_follow_each_other_are_versions(alice: User, jane: Persona) -> None:
    asked = {"role": "user", "text": "a"}
    replies = [{"role": "assistant", "text": text} for text in "bc"]
    (session,) = bring(alice, {"valis_chat": 1, "title": "", "messages": [asked, *replies, asked]})

    assert [each.current_attempt.text for each in path_of(session)] == ["c", ""]
    assert session.messages.get(position=1).turns.count() == 2


def test_replies_of_sillytavern_that_follow_each_other_are_one(alice: User, jane: Persona) -> None:
    (session,) = bring(alice, SILLYTAVERN + '{"name": "Finn", "is_user": false, "mes": "Me too"}')

    assert [each.current_attempt.text for each in path_of(session)] == ["*waves*\n\n**Finn:** Me too"]


def test_swipes_of_sillytavern_are_versions_and_it_goes_on_from_the_one_that_was_shown(
    alice: User, jane: Persona
) -> None:
    lines = [
        {
            "name": "Wren",
            "is_user": False,
            "mes": "Hello there",
            "swipes": ["Hello there", "Hi"],
            "swipe_id": 0,
        },
        {"name": "Ann", "is_user": True, "mes": "Where to?"},
        {"is_user": False, "mes": "The sea, edited", "swipes": ["Home", "The sea", " ", "Up"], "swipe_id": 1},
        {"name": "Ann", "is_user": True, "mes": "And then?"},
        {"is_user": False, "mes": "Back", "swipes": ["Back", 5], "swipe_id": "x"},
    ]
    (session,) = bring(alice, "\n".join(map(json.dumps, lines)))

    assert [each.current_attempt.text for each in path_of(session)] == ["The sea, edited", "Back"]
    versions = session.messages.get(position=1).turns.order_by("position")
    assert [each.current_attempt.text for each in versions] == ["Home", "The sea, edited", "Up"]
    assert session.greeting["text"] == "Hello there"


def test_a_message_without_a_reply_can_be_run_again(
    alice: User, jane: Persona, provider: Callable[..., Provider]
) -> None:
    provider("say:Late.")
    (session,) = bring(alice, SILLYTAVERN + '{"name": "Ann", "is_user": true, "mes": "And now?"}')
    turn = path_of(session)[-1]

    assert (turn.status, turn.current_attempt.code) == ("cancelled", "not_answered")
    assert reply_to(run_turn_again(turn)).text == "Late."


def test_what_names_nothing_before_it_is_refused(alice: User) -> None:
    message = {"role": "user", "text": "a", "number": 1, "after": 1}
    for wrong in (message, message | {"after": 7}, message | {"number": "1", "after": None}):
        with pytest.raises(InvalidInput):
            bring(alice, {"valis_chat": 2, "messages": [wrong]})


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"{", "Line 1"),
        (b'{"user_name": "x"}\n{"mes": "a", "is_user": true}\n{oops', "Line 3"),
        (b"[]", "none of the exports"),
        (b"{}", "none of the exports"),
        (b"[[[[]]]]", "not imported"),
        (b"[" * 100_000, "not imported"),
        (b'{"valis_chat": 3, "messages": []}', "valis_chat is 3"),
        (b'{"valis_chat": 1, "messages": [{"role": "root", "text": "x"}]}', "role"),
        (b'{"valis_chat": 1, "messages": [{"role": "user", "text": 5}]}', "Chat 1, message 1"),
        (b'{"valis_chat": 1, "messages": [{"role": "user", "text": "a\\u0000"}]}', "Chat 1, message 1"),
        (b'[{"mapping": 5, "current_node": "a"}]', "not imported"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(content: bytes, place: str, alice: User) -> None:
    with pytest.raises(InvalidInput, match=place):
        import_chats(alice, content)

    assert not Session.objects.exists()


def test_what_is_too_much_is_refused(alice: User) -> None:
    many = {"valis_chat": 1, "messages": [{"role": "user", "text": "x"}] * 10_001}
    for content in (b" " * 5_000_001, json.dumps(many).encode(), json.dumps(CHATGPT * 201).encode()):
        with pytest.raises(TooLarge):
            import_chats(alice, content)
    long = {"valis_chat": 1, "messages": [{"role": "user", "text": "x" * 64_000}]}
    with pytest.raises(ValisError, match="Chat 1, message 1"):
        import_chats(alice, json.dumps(long).encode())


def test_a_ring_in_the_tree_of_chatgpt_ends(alice: User, jane: Persona) -> None:
    ring = {
        "title": "x",
        "current_node": "a",
        "mapping": {"a": node("b", "user", "1"), "b": node("a", "user", "2")},
    }

    assert texts(bring(alice, ring)[0]) == ["2", "1"]


def test_the_page_says_what_came_in_and_what_is_wrong(
    alice: User, bob: User, jane: Persona, as_user: Callable[[User], Client]
) -> None:
    browser = as_user(alice)
    good = SimpleUploadedFile("conversations.json", json.dumps(CHATGPT).encode())

    page = browser.post("/chat/import/", {"file": good}).content.decode()
    assert "1 chat with 1 message and 2 replies came in." in page
    assert Message.objects.get().author == alice
    answer = browser.post("/chat/import/", {"file": SimpleUploadedFile("broken.json", b"{")})
    assert (answer.status_code, "broken.json" in answer.content.decode()) == (400, True)
    assert browser.post("/chat/import/").status_code == 400
    assert as_user(bob).get("/api/sessions?active=true").json()["results"] == []
