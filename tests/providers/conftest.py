"""Rows of providers that live on the playing server."""

import socket
from collections.abc import Callable, Iterator

import pytest

from providers.base import ProviderConfig, provider_classes
from providers.models import Provider
from tests.playing import PlayingServer
from tests.providers.blocking import close_instances

KINDS = ("anthropic", "openai")
MakeRow = Callable[..., Provider]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Both official SDKs in turn."""
    return str(request.param)


@pytest.fixture
def row(playing: PlayingServer) -> MakeRow:
    """Makes a row, not saved, whose provider plays a script: `row("say:hello", kind="openai")`."""

    def make(script: str, *, kind: str = "openai", **fields: object) -> Provider:
        address = playing.url if kind == "anthropic" else playing.openai_url
        own = {"name": "first", "model": script, "base_url": address, "api_key": "key-of-the-row"}
        return Provider(kind=kind, **{**own, **fields})

    return make


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _no_instance_outlives_its_test() -> Iterator[None]:
    yield
    close_instances()


@pytest.fixture(autouse=True, scope="session")
def _sdks_are_imported() -> None:
    """Importing them takes a second, which no test should take for a slow provider."""
    for kind, provider_class in provider_classes().items():
        provider_class(ProviderConfig("warm", kind)).open()
