"""People, personas and providers that every test may use.

Alice owns, Bob is a colleague with things of his own, Charlie is an outsider, Sue is staff and an
Admin, Dora a Developer, Vic a Viewer.
"""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.audit.triggers import drop_triggers
from accounts.models import User
from accounts.rights import Role
from accounts.roles import give_role
from diagnostics import writing
from memory.models import Kind, Memory, Origin
from memory.services import remember
from personas.loading import reset_to_shipped
from personas.models import Persona
from providers.models import EngineSettings, Provider
from tests.emptying import empty_tables
from tests.playing.server import PlayingServer
from valis_site.memory_broker import Channel

PASSWORD = "correct horse battery"
PLACES_THAT_TAKE_LONG = {"browser", "backups", "faults", "production", "serve", "deploy", "completions"}
"""Their tests start processes."""

# How fast a machine is says nothing about what a test found.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first: else one worker would still be busy with it when the others are done."""
    items.sort(key=lambda item: item.path.parent.name not in PLACES_THAT_TAKE_LONG)


def _person(username: str, **rights: bool) -> User:
    return User.objects.create_user(username, password=PASSWORD, **rights)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests empty whole tables, which the audit log refuses; its own tests put its triggers back."""
    with django_db_blocker.unblock():
        drop_triggers(connection)
    TransactionTestCase._fixture_teardown = empty_tables


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_once() -> Iterator[None]:
    """Each test client loads the middlewares anew, and WhiteNoise looks through hundreds of files: 20 ms."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        key = type(middleware), middleware.static_prefix
        if key not in found:
            known, middleware.files = middleware.files, {}
            look(middleware)
            found[key], middleware.files = middleware.files, known
        middleware.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(autouse=True)
def _a_probe_does_not_wait_for_the_test_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test is one transaction, nobody beside it can write."""
    proof = writing.Proof()
    proof.given()
    monkeypatch.setattr(writing, "proof", proof)


@pytest.fixture(autouse=True)
def _no_work_is_left_to_the_next_test() -> Iterator[None]:
    """What one test puts into the queues is nothing for the worker of another one."""
    yield
    for queue in Channel.queues.values():
        queue.queue.clear()


@pytest.fixture
def alice(db: None) -> User:
    return _person("alice")


@pytest.fixture
def bob(db: None) -> User:
    return _person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    return _person("charlie")


@pytest.fixture
def sue(db: None) -> User:
    sue = _person("sue", is_staff=True)
    give_role(sue, Role.ADMIN)
    return sue


@pytest.fixture
def dora(db: None) -> User:
    dora = _person("dora")
    give_role(dora, Role.DEVELOPER)
    return dora


@pytest.fixture
def vic(db: None) -> User:
    vic = _person("vic")
    give_role(vic, Role.VIEWER)
    return vic


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser that this person is logged in with. CSRF is checked, as it is for everybody."""

    def log_in(user: User, *, enforce_csrf_checks: bool = False) -> Client:
        client = Client(enforce_csrf_checks=enforce_csrf_checks)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def jane(db: None) -> Persona:
    """The first of the shipped personas, alone."""
    return reset_to_shipped("jane")


@pytest.fixture
def sam(db: None) -> Persona:
    return reset_to_shipped("sam")


@pytest.fixture
def learn(alice: User, jane: Persona) -> Callable[..., Memory]:
    """Jane remembers something about Alice, or about whom it is said."""

    def learn(text: str, *, person: User | None = alice, persona: Persona = jane, **values: object) -> Memory:
        given = {"kind": Kind.FACT, "origin": Origin.MODEL} | values
        return remember(persona_id=persona.pk, person_id=person.pk if person else None, text=text, **given)

    return learn


@pytest.fixture
def playing() -> Iterator[PlayingServer]:
    """A real HTTP server that plays model providers."""
    with PlayingServer() as server:
        yield server


@pytest.fixture
def provider(db: None, playing: PlayingServer) -> Callable[..., Provider]:
    """Makes a provider row that reaches the playing server; the model is the script it plays."""

    def make(model: str, *, name: str = "main", kind: str = "openai", **fields: object) -> Provider:
        base_url = playing.url if kind == "anthropic" else playing.openai_url
        values = {"kind": kind, "model": model, "base_url": base_url, "api_key": "sk-test-1234567890"}
        return Provider.objects.create(name=name, **(values | fields))

    return make


@pytest.fixture
def quick_engine(db: None) -> EngineSettings:
    """Engine settings with limits that no busy machine comes near, wide caps and no second round."""
    return EngineSettings.objects.create(
        connect_timeout=10,
        first_token_timeout=20,
        silence_timeout=20,
        provider_timeout=40,
        reply_deadline=60,
        retry_schedule=[],
        daily_token_cap=10**9,
        daily_cost_cap_usd=1000,
    )


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait for a condition; the limit is for what never happens, and busy machines take their time."""

    def wait(condition: Callable[[], object], *, seconds: float = 60.0) -> None:
        ends_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < ends_at, "it did not happen in time"
            threading.Event().wait(0.01)

    return wait
