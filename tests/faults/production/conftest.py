"""One VALIS of several processes for all tests here; each test finds it well and has sessions of its own."""

from collections.abc import Iterator

import pytest

from tests.harness.person import Person
from tests.harness.production import Production
from tests.harness.running import MODEL
from tests.playing import PlayingServer


@pytest.fixture(scope="session")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:60@30"}) as server:
        yield server


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Production]:
    with Production(tmp_path_factory.mktemp("production"), playing) as running:
        yield running


@pytest.fixture(autouse=True)
def valis(stack: Production) -> Production:
    """Well, whatever the test before did to it."""
    stack.repair()
    return stack


@pytest.fixture(scope="session")
def demo(stack: Production) -> Person:
    return Person(stack.url()).log_in("demo")
