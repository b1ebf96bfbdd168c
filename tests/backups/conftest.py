"""Databases of one's own, of both kinds: the connection that everything uses leads to them."""

import copy
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from chat.models import Attempt, Message, Session, Turn
from personas.models import Persona
from providers.models import Provider
from tests.postgres_server import PostgresServer
from valis_site.backups.making import make_backup
from valis_site.backups.scratch import connected_by

KEY = "sk-only-for-this-test-4711"
Settings = dict[str, Any]
on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer(Path(tempfile.mkdtemp(prefix="vbk-", dir="/tmp"))) as server:
        with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def empty_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Settings]:
    """Makes a database of this kind, without tables."""

    def make(kind: str) -> Settings:
        settings = copy.deepcopy(connection.settings_dict)
        if kind == "sqlite":
            path = tmp_path_factory.mktemp("database") / "valis.sqlite3"
            return settings | {"ENGINE": "valis_site.sqlite", "NAME": str(path), "OPTIONS": {}}
        server: PostgresServer = request.getfixturevalue("postgres")
        place = {"NAME": new_name(server), "HOST": "127.0.0.1", "PORT": str(server.port), "USER": "postgres"}
        return settings | place | {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}

    return make


@pytest.fixture(scope="session")
def database_with_tables(
    request: pytest.FixtureRequest, empty_database: Callable[[str], Settings], django_db_blocker: Any
) -> Callable[[str], Settings]:
    """Makes a database of this kind as a first `manage.py migrate` leaves it."""
    templates: dict[str, Settings] = {}

    def make(kind: str) -> Settings:
        if kind not in templates:
            templates[kind] = empty_database(kind)
            with django_db_blocker.unblock(), connected_by(templates[kind]):
                call_command("migrate", interactive=False, verbosity=0)
        template = templates[kind]
        if kind == "sqlite":
            copied = empty_database(kind)
            shutil.copy(template["NAME"], copied["NAME"])
            return copied
        server: PostgresServer = request.getfixturevalue("postgres")
        return template | {"NAME": new_name(server, template=template["NAME"])}

    return make


def new_name(server: PostgresServer, *, template: str = "template1") -> str:
    """Creates a database there."""
    name = f"valis_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return name


@pytest.fixture
def inside(django_db_blocker: Any) -> Iterator[Callable[[Settings], AbstractContextManager[None]]]:
    """Make one of these databases the one in use."""
    with django_db_blocker.unblock():
        yield connected_by


@pytest.fixture
def database(
    request: pytest.FixtureRequest,
    database_with_tables: Callable[[str], Settings],
    inside: Callable[[Settings], AbstractContextManager[None]],
) -> Iterator[Settings]:
    """The database in use, with Alice, her chat and a provider's key in it: SQLite, or `on_both`."""
    settings = database_with_tables(getattr(request, "param", "sqlite"))
    with inside(settings):
        fill()
        yield settings


@pytest.fixture
def backup(database: Settings, tmp_path: Path) -> Path:
    """One of the database in use."""
    return make_backup(tmp_path / "backups").path


def fill() -> None:
    jane = Persona.objects.create(slug="jane", name="Jane", picture=b"\x00\x01\xff")
    alice = User.objects.create_user("alice", password="correct horse battery")
    Provider.objects.create(name="main", kind="openai", model="m", api_key=KEY)
    session = Session.objects.create(owner=alice, persona=jane, title="Über Käse")
    say(session, 1, "What is “Käse”? 🧀\n\tTell me.")


def say(session: Session, position: int, text: str) -> Message:
    message = Message.objects.create(
        session=session, author=session.owner, position=position, client_id=f"c{position}", text=text
    )
    turn = Turn.objects.create(
        session=session,
        question=message,
        position=position,
        status="complete",
        attempt=1,
        snapshot={"n": [1, None]},
    )
    Attempt.objects.create(
        turn=turn, number=1, status="complete", text="Cheese.", story=[{"provider": "main"}]
    )
    return message
