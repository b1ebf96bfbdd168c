"""A socket that is open hears nothing more once its login has ended (W09)."""

import asyncio
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import open_sockets
from accounts.logins import Login, ended, ended_logins
from accounts.models import User
from chat.announcing import topic_of
from chat.services import create_session
from core import live
from core.threads import in_database_thread
from personas.models import Persona
from tests.chat.sockets import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


class Browser:
    """Alice's browser: a page to log out on, and the cookie its sockets carry."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.session_key = self.client.cookies["sessionid"].value
        self.cookie = f"sessionid={self.session_key}"


@pytest.fixture
def browser(alice: User) -> Browser:
    return Browser(alice)


@pytest.fixture
def session(alice: User, jane: Persona) -> object:
    return create_session(alice).pk


def log_out(alice: User, browser: Browser) -> None:
    browser.client.post("/accounts/logout/")


def switch_off(alice: User, browser: Browser) -> None:
    alice.is_active = False
    alice.save()


def change_password(alice: User, browser: Browser) -> None:
    alice.set_password("another one, just as long")
    alice.save()


def delete_login(alice: User, browser: Browser) -> None:
    Session.objects.filter(pk=browser.session_key).delete()


def delete_person(alice: User, browser: Browser) -> None:
    alice.delete()


ENDINGS = [log_out, switch_off, change_password, delete_login, delete_person]


@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
async def test_a_socket_is_closed_at_once_when_its_login_ends(
    end: Callable[..., None],
    alice: User,
    browser: Browser,
    session: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_sockets, "CHECK_SECONDS", 60)
    async with Socket(session, cookie=browser.cookie) as socket:
        await socket.hello()
        await in_database_thread(end, alice, browser)

        assert await socket.closing_code() == 4401


async def test_what_is_published_after_the_end_of_a_login_is_not_heard(
    alice: User, browser: Browser, session: object
) -> None:
    def log_out_and_publish() -> None:
        log_out(alice, browser)
        for number in range(50):
            live.publish(topic_of(session), {"type": "after the end", "number": number})

    async with Socket(session, cookie=browser.cookie) as socket:
        await socket.hello()
        await in_database_thread(log_out_and_publish)

        assert await socket.closing_code() == 4401
        assert "after the end" not in {event["type"] for event in socket.events}
        live.publish(topic_of(session), {"type": "long after the end"})
        assert await socket.is_silent()


async def test_what_nobody_announced_is_found_within_seconds(
    alice: User, browser: Browser, session: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_sockets.CHECK_SECONDS <= 5
    monkeypatch.setattr(open_sockets, "CHECK_SECONDS", 0.1)
    async with Socket(session, cookie=browser.cookie) as socket:
        await socket.hello()
        await in_database_thread(User.objects.filter(pk=alice.pk).update, is_active=False)

        assert await socket.closing_code() == 4401


async def test_other_people_and_other_browsers_stay_connected(
    alice: User, bob: User, browser: Browser, session: object
) -> None:
    at_home, at_bobs = [await in_database_thread(Browser, each) for each in (alice, bob)]
    bobs_session = await in_database_thread(create_session, bob)
    async with (
        Socket(session, cookie=browser.cookie) as here,
        Socket(session, cookie=at_home.cookie) as there,
        Socket(bobs_session.pk, cookie=at_bobs.cookie) as bobs,
    ):
        for socket in (here, there, bobs):
            await socket.hello()
        await in_database_thread(log_out, alice, browser)
        assert await here.closing_code() == 4401

        for socket in (there, bobs):
            await socket.say("ping")
            assert (await socket.hears())["type"] == "pong"


async def test_a_new_name_or_a_new_login_closes_nothing(
    alice: User, browser: Browser, session: object
) -> None:
    def rename_and_log_in_elsewhere() -> None:
        alice.first_name = "Alice"
        alice.save()
        Browser(alice)

    async with Socket(session, cookie=browser.cookie) as socket:
        await socket.hello()
        await in_database_thread(rename_and_log_in_elsewhere)
        await socket.say("ping")

        assert (await socket.hears())["type"] == "pong"


async def test_while_the_database_is_away_sockets_stay_open_and_are_checked_later(
    alice: User, browser: Browser, session: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = asyncio.Event()

    def fail(logins: set[Login]) -> set[Login]:
        loop.call_soon_threadsafe(fails.set)
        raise OSError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(open_sockets, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(open_sockets, "ended", fail)
    async with Socket(session, cookie=browser.cookie) as socket:
        await socket.hello()
        await asyncio.wait_for(fails.wait(), 10)
        await socket.say("ping")
        assert (await socket.hears())["type"] == "pong"

        monkeypatch.setattr(open_sockets, "ended", ended)
        await in_database_thread(log_out, alice, browser)
        assert await socket.closing_code() == 4401


def test_a_thousand_sockets_are_checked_with_two_queries(alice: User, browser: Browser) -> None:
    logins = {Login(alice.pk, f"{number:032}", alice.password) for number in range(999)}
    good = Login(alice.pk, browser.session_key, alice.password)

    with CaptureQueriesContext(connection) as queries:
        ended = ended_logins(logins | {good})

    assert ended == logins
    assert len(queries) == 2
