"""Who may open a chat socket, and what it says first."""

import uuid
from collections.abc import Callable

import pytest

from accounts.models import User
from chat import consumers
from chat.models import Session
from chat.services import create_session
from core import live
from core.threads import in_database_thread
from tests.chat.conftest import Say
from tests.chat.sockets import HOST, Socket, login_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(say: Say) -> Session:
    return say("What should I read?").message.session


@pytest.fixture
def cookie(alice: User) -> str:
    return login_of(alice)


@pytest.fixture
def foreign_cookie(bob: User) -> str:
    return login_of(bob)


async def test_hello_is_answered_with_a_snapshot(session: Session, cookie: str) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        snapshot = await socket.hello()

    assert snapshot["type"] == "snapshot"
    assert snapshot["session"]["id"] == str(session.pk)
    assert [message["text"] for message in snapshot["messages"]] == ["What should I read?"]
    assert [turn["status"] for turn in snapshot["turns"]] == ["queued"]


async def test_nothing_is_said_before_the_hello(session: Session, cookie: str, say: Say) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await in_database_thread(say, session_id=session.pk)

        assert await socket.is_silent()


async def test_an_empty_session_has_an_empty_snapshot(alice: User, cookie: str) -> None:
    session = await in_database_thread(create_session, alice)
    async with Socket(session.pk, cookie=cookie) as socket:
        snapshot = await socket.hello()

    assert (snapshot["messages"], snapshot["turns"]) == ([], [])


async def test_who_is_not_logged_in_is_told_so(session: Session) -> None:
    async with Socket(session.pk) as socket:
        assert await socket.closing_code() == 4401


@pytest.mark.parametrize(
    "cookie", ["sessionid=nonsense", "sessionid=", "other=1", ";;=;", "sessionid=" + "x" * 5000]
)
async def test_a_cookie_that_is_no_login_is_none(session: Session, cookie: str) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        assert await socket.closing_code() == 4401


async def test_who_logged_out_is_not_logged_in(session: Session, cookie: str) -> None:
    def log_out() -> None:
        from django.contrib.sessions.models import Session as Login

        Login.objects.all().delete()

    await in_database_thread(log_out)
    async with Socket(session.pk, cookie=cookie) as socket:
        assert await socket.closing_code() == 4401


async def test_somebody_elses_session_is_not_there(session: Session, foreign_cookie: str) -> None:
    async with Socket(session.pk, cookie=foreign_cookie) as socket:
        assert await socket.closing_code() == 4404


async def test_a_session_that_never_was_is_not_there(cookie: str) -> None:
    async with Socket(uuid.uuid4(), cookie=cookie) as socket:
        assert await socket.closing_code() == 4404


@pytest.mark.parametrize("is_logged_in", [True, False])
async def test_who_was_refused_hears_nothing_whatever_is_sent_on(
    session: Session, foreign_cookie: str, say: Say, *, is_logged_in: bool
) -> None:
    last_id = live.last_id(f"session:{session.pk}")
    async with Socket(session.pk, cookie=foreign_cookie if is_logged_in else "") as socket:
        await socket.closing_code()
        await socket.say("hello", after=last_id)
        await socket.say("send", client_id="intruder", text="Let me in")
        await in_database_thread(say, "A secret", session_id=session.pk)

        assert await socket.is_silent()
    assert await in_database_thread(session.messages.count) == 2


FOREIGN_ORIGINS = {
    "another host": "http://evil.example",
    "another scheme": "https://testserver",
    "another port": "http://testserver:8080",
    "a look-alike behind": "http://testserver.evil.example",
    "a look-alike before": "http://eviltestserver",
    "a subdomain": "http://sub.testserver",
    "a name in front of @": "http://testserver@evil.example",
    "a fragment": "http://evil.example#testserver",
    "a path": "http://evil.example/testserver",
    "a back slash": "http://evil.example\\@testserver",
    "null": "null",
    "nothing": None,
    "empty": "",
    "no scheme": "testserver",
    "a file": "file://testserver",
    "broken": "http://[testserver",
    "a broken port": "http://testserver:80.evil.example",
}


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS.values(), ids=FOREIGN_ORIGINS)
async def test_a_page_of_somebody_else_is_refused_before_the_socket_opens(
    session: Session, cookie: str, origin: str | None
) -> None:
    assert not await Socket(session.pk, cookie=cookie, origin=origin).connect()


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "", "testserver:x"])
async def test_a_host_that_is_not_ours_is_refused_even_with_its_own_origin(
    session: Session, cookie: str, host: str
) -> None:
    assert not await Socket(session.pk, cookie=cookie, host=host, origin=f"http://{host}").connect()


@pytest.mark.parametrize("origin", ["http://testserver", "http://testserver:80", "http://TESTSERVER"])
async def test_the_same_origin_is_recognised_however_it_is_written(
    session: Session, cookie: str, origin: str
) -> None:
    async with Socket(session.pk, cookie=cookie, origin=origin) as socket:
        assert (await socket.hello())["type"] == "snapshot"


async def test_a_listed_origin_may_open_sockets(session: Session, cookie: str, settings) -> None:
    settings.VALIS_ORIGINS = ["https://valis.example:8443"]

    async with Socket(session.pk, cookie=cookie, origin="https://valis.example:8443", host=HOST) as socket:
        assert (await socket.hello())["type"] == "snapshot"


@pytest.mark.parametrize("address", ["not-a-uuid", "", "../other", f"{uuid.UUID(int=5)}/more"])
async def test_an_address_that_is_no_socket_is_refused(cookie: str, address: str) -> None:
    assert not await Socket(address, cookie=cookie).connect()


async def test_who_never_says_hello_is_closed(
    session: Session, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0.05)

    async with Socket(session.pk, cookie=cookie) as socket:
        assert await socket.closing_code() == 4408


async def test_who_says_hello_in_time_is_not_closed(
    session: Session, cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0.05)

    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        assert await socket.is_silent(0.1)


async def test_a_session_that_is_deleted_meanwhile_closes_its_sockets(
    session: Session, cookie: str, alice: User
) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await in_database_thread(Session.objects.filter(pk=session.pk).delete)
        await socket.say("hello")

        assert await socket.closing_code() == 4404


async def test_a_closed_socket_is_forgotten(session: Session, cookie: str, eventually: Callable) -> None:
    async with Socket(session.pk, cookie=cookie) as socket:
        await socket.hello()
        assert live._backend()._topics[f"session:{session.pk}"].readers  # type: ignore[attr-defined]

    assert not live._backend()._topics[f"session:{session.pk}"].readers  # type: ignore[attr-defined]
