"""Finding words in one's own chats, on both databases."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import User
from chat import turns
from chat.briefs import Brief
from chat.keeping import delete_session, restore_session
from chat.models import Message, Session, TurnStatus
from chat.search.finding import search
from chat.search.index import CHATS
from chat.services import submit_message
from chat.transient import submit_transient
from core.errors import InvalidInput
from core.search.words import snippet, words_of
from personas.models import Persona
from providers.calls import Utterance
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import reply_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def found(user: User, query: str) -> list[str]:
    """What was found, with the words that were looked for in brackets."""
    return [
        "".join(f"[{part['text']}]" if part["is_match"] else part["text"] for part in each["snippet"])
        for each in search(user, query)["results"]
    ]


def rows_of_index(name: str) -> int:
    """On SQLite the texts are in the index themselves; on PostgreSQL it goes with the rows."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        return int(cursor.fetchone()[0])


def test_what_was_said_is_found_by_its_words(say: Say, alice: User) -> None:
    say("The harbour at Óbidos, before dawn")
    say("Something else")

    assert found(alice, "dawn harbour") == ["The [harbour] at Óbidos, before [dawn]"]
    assert found(alice, "óbidos") == ["The harbour at [Óbidos], before dawn"]
    assert found(alice, "harbour dusk") == []


def test_the_last_word_may_be_the_beginning_of_one(say: Say, alice: User) -> None:
    say("The harbour before dawn")

    assert found(alice, "before harb") == ["The [harbour] [before] dawn"]
    assert found(alice, "harb before") == []


@pytest.mark.parametrize("query", ["mail", "example.org", "42", "ann@example.org", "C'est"])
def test_words_inside_addresses_and_numbers_are_words(query: str, say: Say, alice: User) -> None:
    say("Mail ann@example.org, see https://example.org/page?x=42_b. C'est tout")

    assert len(found(alice, query)) == 1


@pytest.mark.parametrize(
    "query", ['"', "* OR x", "a & b | !c", "NEAR(a b)", "text:x", "(", "x'); DROP", "%", "<b>"]
)
def test_signs_that_mean_something_to_a_database_mean_nothing_here(query: str, say: Say, alice: User) -> None:
    say("Nothing of that")

    try:
        assert found(alice, query) == []
    except InvalidInput as error:
        assert error.code == "query_invalid"  # no word in it


def test_a_reply_is_found_when_it_has_ended(say: Say, alice: User, provider: Callable[..., Provider]) -> None:
    provider("say:A walk along the *quay*.")
    turn = say("What now?").turn
    assert found(alice, "quay") == []
    reply_to(turn)

    (result,) = search(alice, "quay")["results"]
    assert (result["kind"], result["id"], result["who"]) == ("turn", turn.pk, "Jane")
    assert result["session"]["title"] == "What now?"


def test_of_a_reply_only_the_present_text_is_found(say: Say, alice: User) -> None:
    turn = say().turn
    first = turns.claim(turn, places=5, snapshot={})
    assert first is not None
    second = turns.restart(first, text="a lighthouse", reason="x")
    assert second is not None
    turns.finish(turn, second, status=TurnStatus.COMPLETE, text="a windmill")

    assert found(alice, "lighthouse") == []
    assert found(alice, "windmill") == ["a [windmill]"]


def test_nobody_finds_what_others_said(say: Say, bob: User, charlie: User, sue: User) -> None:
    say("The harbour")

    assert [found(each, "harbour") for each in (bob, charlie, sue)] == [[], [], []]


def test_a_deleted_session_is_found_again_when_it_is_restored(say: Say, alice: User) -> None:
    session = say("The harbour").message.session
    delete_session(alice, session.pk)
    assert found(alice, "harbour") == []

    restore_session(alice, session.pk)
    assert found(alice, "harbour") == ["The [harbour]"]


def test_what_is_erased_leaves_nothing_in_the_index(say: Say, alice: User) -> None:
    say("The harbour")
    Session.objects.all().delete()

    assert found(alice, "harbour") == []
    assert rows_of_index("chat_message_search") == 0


def test_what_programs_ask_is_never_found(alice: User, jane: Persona) -> None:
    brief = Brief(dialogue=(Utterance("user", "The harbour"),))
    turn = submit_transient(alice, session_id=uuid4(), persona=jane, brief=brief)
    held = turns.claim(turn, places=5, snapshot={})
    assert held is not None
    turns.finish(turn, held, status=TurnStatus.COMPLETE, text="The harbour")

    assert found(alice, "harbour") == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM chat_attempt_search WHERE chat_attempt_search MATCH 'harbour'"
            )
            assert cursor.fetchone()[0] == 0


def test_results_come_in_pages_without_loss_the_newest_first(
    say: Say, alice: User, provider: Callable[..., Provider]
) -> None:
    provider("say:The harbour again.")
    for number in range(4):
        reply_to(say(f"The harbour {number}").turn)

    seen, cursor = [], ""
    while cursor is not None:
        page = search(alice, "harbour", cursor=cursor, limit=3)
        seen += [(each["kind"], each["id"]) for each in page["results"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 8
    assert seen[-1] == ("message", Message.objects.earliest("pk").pk)
    assert seen[0][0] == "turn"


def test_the_index_is_made_anew_where_it_is_missing(say: Say, alice: User) -> None:
    say("The harbour")
    CHATS.loosen_before_migrating(using="default", plan=[object()])
    Message.objects.update(text="The mill")

    call_command("migrate", verbosity=0)

    assert found(alice, "mill") == ["The [mill]"]
    say("The mill again")
    assert len(found(alice, "mill")) == 2


def test_a_very_long_text_with_many_words_is_stored_and_found(say: Say, alice: User) -> None:
    say("begin " + " ".join(f"{n:x}" for n in range(12_000)))

    assert len(found(alice, "begin")) == 1


def test_the_api_gives_the_pieces_and_no_marks(
    say: Say, alice: User, as_user: Callable[[User], Client]
) -> None:
    said = say("A <b>harbour</b> & more").message

    answer = as_user(alice).get("/api/search", {"q": "harbour"}).json()
    assert answer["next_cursor"] is None
    assert answer["results"][0] | {"time": ""} == {
        "kind": "message",
        "id": said.pk,
        "position": 1,
        "session": {"id": str(said.session_id), "title": "A <b>harbour</b> & more"},
        "who": "",
        "is_shown": True,
        "time": "",
        "snippet": [
            {"text": "A <b>", "is_match": False},
            {"text": "harbour", "is_match": True},
            {"text": "</b> & more", "is_match": False},
        ],
    }


@pytest.mark.parametrize("query", ["", "...", "x" * 201, "a\x00b"])
def test_a_search_for_nothing_is_refused(query: str, alice: User, as_user: Callable[[User], Client]) -> None:
    answer = as_user(alice).get("/api/search", {"q": query})

    assert (answer.status_code, answer.json()["code"]) == (400, "query_invalid")


@pytest.mark.parametrize("cursor", ["x", "1", "1-x", "-1-1"])
def test_a_wrong_cursor_is_refused(cursor: str, alice: User, as_user: Callable[[User], Client]) -> None:
    answer = as_user(alice).get("/api/search", {"q": "word", "cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_the_page_shows_what_was_found_as_text(
    say: Say, alice: User, as_user: Callable[[User], Client]
) -> None:
    said = say("A <b>harbour</b>").message

    page = as_user(alice).get("/chat/search/", {"q": "harbour"}).content.decode()
    assert "&lt;b&gt;<mark>harbour</mark>&lt;/b&gt;" in page
    assert f"/chat/{said.session_id}/?at=1#message-{said.pk}" in page
    assert "Nothing was found" in as_user(alice).get("/chat/search/?q=mill").content.decode()


def test_a_place_far_up_in_a_long_chat_is_shown_with_what_is_around_it(
    say: Say, alice: User, as_user: Callable[[User], Client]
) -> None:
    first = say("Message 0").message
    for number in range(1, 160):
        submit_message(alice, text=f"Message {number}", client_id=f"m{number}", session_id=first.session_id)

    page = as_user(alice).get(f"/chat/{first.session_id}/?at=21").content.decode()
    assert "Message 10<" in page
    assert "Message 159<" in page
    assert "Message 40<" not in page
    assert "not shown" in page
    assert "Message 10<" not in as_user(alice).get(f"/chat/{first.session_id}/").content.decode()
    assert as_user(alice).get(f"/chat/{first.session_id}/?at=x").status_code == 200


def test_a_snippet_begins_near_the_match_and_is_short() -> None:
    text = "word " * 100 + "harbour " + "word " * 100

    pieces = snippet(text, words_of("harbour"))
    whole = "".join(part["text"] for part in pieces)
    assert whole.startswith("… word")
    assert whole.endswith("…")
    assert len(whole) < 240
    assert {"text": "harbour", "is_match": True} in pieces


def test_of_a_reply_it_shows_the_words_and_not_the_marks(
    say: Say, alice: User, provider: Callable[..., Provider]
) -> None:
    provider("say:The **old** harbour_master, `so`")
    turn = say("A *harbour*?").turn
    reply_to(turn)

    assert found(alice, "harbour") == ["The old [harbour]_master, so", "A *[harbour]*?"]
