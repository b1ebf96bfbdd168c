"""Renaming, pinning, archiving and deleting one's own sessions, and taking that back."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import User
from chat.keeping import change_session, delete_session, erase_deleted, restore_session
from chat.models import Attempt, Message, Session, Turn, TurnStatus
from chat.selectors import own_session
from chat.tasks import forget
from core.errors import NotFound
from core.threads import in_database_thread
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.sockets import Socket, login_of
from tests.chat.working import answering_in_thread, reply_to
from tests.playing import PlayingServer
from usage.models import Call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
JSON = "application/json"


@pytest.fixture
def session(say: Say) -> Session:
    return say("What should I read tonight?").message.session


@pytest.fixture
def browser(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


def patch(client: Client, session: Session, **changes: object) -> tuple[int, dict[str, object]]:
    answer = client.patch(f"/api/sessions/{session.pk}", changes, content_type=JSON)
    return answer.status_code, answer.json()


def listed(client: Client, query: str = "") -> list[str]:
    return [each["id"] for each in client.get(f"/api/sessions{query}").json()["results"]]


def test_an_own_title_stays_whatever_is_said_later(browser: Client, session: Session, say: Say) -> None:
    code, changed = patch(browser, session, title="Books for the train")
    say("And now something else", session_id=session.pk)

    session.refresh_from_db()
    assert (code, changed["title"], session.title) == (200, "Books for the train", "Books for the train")


@pytest.mark.parametrize("empty", ["", "  ", "\u200b\u2060"])
def test_an_empty_title_gives_back_the_one_by_the_first_message(
    browser: Client, session: Session, empty: str
) -> None:
    patch(browser, session, title="Books")

    assert patch(browser, session, title=empty)[1]["title"] == "What should I read tonight?"


def test_a_title_that_is_too_long_is_refused(browser: Client, session: Session) -> None:
    code, error = patch(browser, session, title="x" * 121)

    assert (code, error["code"]) == (400, "title_invalid")


def test_what_is_not_named_stays_as_it_is(browser: Client, session: Session) -> None:
    patch(browser, session, title="Books", is_pinned=True)

    changed = patch(browser, session, is_archived=False)[1]
    assert (changed["title"], changed["is_pinned"], changed["is_archived"]) == ("Books", True, False)


def test_an_archived_session_leaves_the_list_until_somebody_writes_in_it(
    browser: Client, session: Session, say: Say
) -> None:
    patch(browser, session, is_archived=True)
    assert listed(browser) == []
    assert listed(browser, "?archived=true") == [str(session.pk)]
    assert "Archived (1)" in browser.get("/chat/sessions/").content.decode()
    assert "What should I read" in browser.get("/chat/archive/").content.decode()

    say("One more thing", session_id=session.pk)
    assert listed(browser) == [str(session.pk)]


def test_pinned_sessions_stand_first_in_the_sidebar(browser: Client, session: Session, say: Say) -> None:
    later = say("Something newer").message.session
    patch(browser, session, is_pinned=True)

    page = browser.get("/chat/sessions/").content.decode()
    order = [page.index(text) for text in ("Pinned", f"session-{session.pk}", f"session-{later.pk}")]
    assert order == sorted(order)


def test_a_deleted_session_is_gone_at_once_everywhere(browser: Client, session: Session) -> None:
    turn = session.turns.get()

    assert browser.delete(f"/api/sessions/{session.pk}").status_code == 200

    addresses = [
        f"/chat/{session.pk}/",
        f"/chat/{session.pk}/manage/",
        f"/chat/turns/{turn.pk}/story/",
        f"/api/sessions/{session.pk}",
        f"/api/sessions/{session.pk}/messages",
        f"/api/turns/{turn.pk}",
    ]
    assert [browser.get(each).status_code for each in addresses] == [404] * len(addresses)
    assert listed(browser) == listed(browser, "?archived=true") == []
    assert str(session.pk) not in browser.get("/chat/sessions/").content.decode()


def test_nothing_can_be_said_in_a_deleted_session_not_even_again(browser: Client, session: Session) -> None:
    said = session.messages.get()
    delete_session(session.owner, session.pk)

    answers = [
        browser.post("/api/chat", {"message": said.text, "wait": False} | more, content_type=JSON).json()
        for more in ({"session_id": str(session.pk)}, {"client_id": said.client_id})
    ]
    assert [each["code"] for each in answers] == ["session_not_found"] * 2
    assert Message.objects.count() == 1


def test_deleting_stops_the_running_reply_and_those_that_wait(
    say: Say, provider: Callable[..., Provider], playing: PlayingServer, eventually: Callable[..., None]
) -> None:
    provider("tokens:500@50")
    running = say().turn
    say("And then?", session_id=running.session_id)
    answering_in_thread(running)
    playing.calls.wait_until(lambda calls: calls and calls[0].tokens_out >= 3)

    delete_session(running.session.owner, running.session_id)

    cancelled = [TurnStatus.CANCELLED] * 2
    eventually(lambda: [*Turn.objects.values_list("status", flat=True)] == cancelled)


def test_a_deletion_can_be_taken_back(browser: Client, session: Session) -> None:
    browser.delete(f"/api/sessions/{session.pk}")

    assert browser.post(f"/api/sessions/{session.pk}/restore").status_code == 200
    assert listed(browser) == [str(session.pk)]
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"session.deleted", "session.restored"}


def test_restoring_what_is_not_deleted_changes_nothing(browser: Client, session: Session) -> None:
    assert browser.post(f"/api/sessions/{session.pk}/restore").status_code == 200
    assert not AuditEntry.objects.filter(action="session.restored").exists()


def test_after_a_week_the_texts_are_erased_and_the_ledger_stays(
    say: Say, provider: Callable[..., Provider], alice: User
) -> None:
    provider("say:Yes.")
    turn, kept = say().turn, say("Another one").message.session
    reply_to(turn)
    delete_session(alice, turn.session_id)
    assert erase_deleted() == 0
    Session.objects.filter(pk=turn.session_id).update(deleted_at=timezone.now() - timedelta(days=8))

    with pytest.raises(NotFound):
        restore_session(alice, turn.session_id)
    forget()

    assert list(Session.objects.all()) == [kept]
    assert (Message.objects.count(), Attempt.objects.count(), Call.objects.count()) == (1, 0, 1)


@pytest.mark.parametrize("name", ["bob", "charlie", "sue"])
def test_nobody_else_changes_deletes_or_restores_it(
    name: str, session: Session, as_user: Callable[[User], Client], request: pytest.FixtureRequest
) -> None:
    other: User = request.getfixturevalue(name)
    client = as_user(other)

    assert patch(client, session, title="Mine")[0] == 404
    assert client.delete(f"/api/sessions/{session.pk}").status_code == 404
    assert client.post(f"/chat/{session.pk}/manage/", {"title": "Mine"}).status_code == 404
    assert client.post(f"/chat/{session.pk}/delete/").status_code == 404
    delete_session(session.owner, session.pk)
    assert client.post(f"/api/sessions/{session.pk}/restore").status_code == 404
    assert client.post(f"/chat/{session.pk}/restore/").status_code == 404
    assert "Undo" not in client.get(f"/chat/?deleted={session.pk}").content.decode()
    assert Session.objects.get().title == "What should I read tonight?"


def test_without_scripts_a_session_is_renamed_deleted_and_brought_back(
    browser: Client, session: Session, alice: User
) -> None:
    page = browser.get(f"/chat/{session.pk}/manage/").content.decode()
    assert "<html" in page
    browser.post(f"/chat/{session.pk}/manage/", {"title": "Books"})
    assert own_session(alice, session.pk).title == "Books"

    home = browser.post(f"/chat/{session.pk}/delete/", follow=True).content.decode()
    assert "Undo" in home
    answer = browser.post(f"/chat/{session.pk}/restore/")
    assert answer.headers["Location"] == f"/chat/{session.pk}/"
    assert own_session(alice, session.pk)


def test_with_scripts_a_toast_offers_the_undo(browser: Client, session: Session) -> None:
    toast = browser.post(f"/chat/{session.pk}/delete/", headers={"HX-Request": "true"})

    assert "Undo" in toast.content.decode()
    assert toast.headers["HX-Trigger"] == "sessions-changed"


def test_a_wrong_id_of_a_deleted_session_does_no_harm(browser: Client, jane: object) -> None:
    for wrong in ("x", uuid.uuid4()):
        assert browser.get(f"/chat/?deleted={wrong}").status_code == 200


async def test_a_socket_hears_the_new_title(session: Session, alice: User) -> None:
    cookie = await in_database_thread(login_of, alice)
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        await in_database_thread(change_session, alice, session.pk, title="Books")
        event = await socket.hears_until("session.changed")

    assert event["session"]["title"] == "Books"


async def test_the_socket_of_a_deleted_session_is_closed(session: Session, alice: User) -> None:
    cookie = await in_database_thread(login_of, alice)
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        await in_database_thread(delete_session, alice, session.pk)
        assert await socket.closing_code() == 4404


async def test_a_deletion_that_was_taken_back_closes_no_socket(
    session: Session, alice: User, say: Say
) -> None:
    cookie = await in_database_thread(login_of, alice)
    async with Socket(session.pk, cookie=cookie) as socket:
        last = (await socket.hello())["id"]
    await in_database_thread(delete_session, alice, session.pk)
    await in_database_thread(restore_session, alice, session.pk)
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.say("hello", after=last)
        await in_database_thread(change_session, alice, session.pk, title="Books")
        await socket.hears_until("session.changed")
