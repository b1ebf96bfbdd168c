"""Programs open sockets with their keys."""

import pytest

from accounts.keys import MadeKey, make_key, revoke_key
from accounts.models import User
from chat import services
from chat.models import Session
from core.threads import in_database_thread
from personas.models import Persona
from tests.chat.sockets import Socket, login_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(alice: User, jane: Persona) -> Session:
    return services.create_session(alice, persona_slug="jane")


@pytest.fixture
def key(alice: User) -> MadeKey:
    return make_key(alice, name="bot", scopes=["chat"])


async def test_a_program_talks_over_a_socket_without_login_and_page(session: Session, key: MadeKey) -> None:
    async with Socket(session.pk, authorization=f"Bearer {key.text}", origin=None) as socket:
        await socket.hello()
        await socket.send(client_id="one")

        assert (await socket.hears_until("accepted"))["client_id"] == "one"


async def test_the_sessions_of_others_are_not_there_for_it(session: Session, bob: User) -> None:
    made = await in_database_thread(make_key, bob, name="bot", scopes=["chat"])

    async with Socket(session.pk, authorization=f"Bearer {made.text}", origin=None) as socket:
        assert await socket.closing_code() == 4404


async def test_a_key_that_only_reads_opens_no_socket(session: Session, alice: User) -> None:
    made = await in_database_thread(make_key, alice, name="reader", scopes=["read", "diagnostics"])

    async with Socket(session.pk, authorization=f"Bearer {made.text}", origin=None) as socket:
        assert await socket.closing_code() == 4403


async def test_a_key_that_is_wrong_opens_none_either(session: Session, key: MadeKey) -> None:
    async with Socket(session.pk, authorization=f"Bearer {key.text}x", origin=None) as socket:
        assert await socket.closing_code() == 4401


async def test_a_foreign_host_name_is_refused_with_a_key_too(session: Session, key: MadeKey) -> None:
    assert not await Socket(
        session.pk, authorization=f"Bearer {key.text}", origin=None, host="evil.example"
    ).connect()


async def test_revoking_the_key_closes_its_sockets_at_once(
    session: Session, key: MadeKey, alice: User
) -> None:
    other = await in_database_thread(make_key, alice, name="other", scopes=["chat"])
    async with (
        Socket(session.pk, authorization=f"Bearer {key.text}", origin=None) as revoked,
        Socket(session.pk, authorization=f"Bearer {other.text}", origin=None) as kept,
    ):
        await revoked.hello()
        await kept.hello()
        await in_database_thread(revoke_key, key.key)

        assert await revoked.closing_code() == 4401
        await kept.say("ping")
        assert (await kept.hears())["type"] == "pong"


async def test_the_password_of_a_web_server_in_front_does_not_open_the_door_to_foreign_pages(
    session: Session, alice: User
) -> None:
    cookie = await in_database_thread(login_of, alice)

    own = Socket(session.pk, cookie=cookie, authorization="Basic dGVhbTpzZWNyZXQ=")
    foreign = Socket(
        session.pk, cookie=cookie, authorization="Basic dGVhbTpzZWNyZXQ=", origin="https://evil.example"
    )

    assert not await foreign.connect()
    async with own as socket:
        assert (await socket.hello())["type"] == "snapshot"
