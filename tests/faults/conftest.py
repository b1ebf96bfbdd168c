"""One VALIS and one provider for all tests of a file; each test has sessions of its own."""

import os
import random
import sys
from collections.abc import Iterator

import pytest

from tests.harness.person import Person
from tests.harness.running import MODEL, running_valis
from tests.harness.valis import Valis
from tests.playing import PlayingServer


@pytest.fixture(scope="module")
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "tokens:60@30"}) as server:
        yield server


@pytest.fixture(scope="module")
def valis(tmp_path_factory: pytest.TempPathFactory, playing: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing) as process:
        yield process


@pytest.fixture(scope="module")
def demo(valis: Valis) -> Person:
    return Person(valis.url).come_in("demo")


@pytest.fixture(autouse=True)
def _questions_of_other_tests_are_forgotten(playing: PlayingServer) -> None:
    """The oracle tells calls apart by what was asked."""
    playing.calls.clear()


@pytest.fixture(params=range(int(os.environ.get("VALIS_FAULT_ROUNDS", "1"))))
def moments(request: pytest.FixtureRequest) -> random.Random:
    """Random moments, others in each round; a failing test shows the seed they came from."""
    seed = random.randrange(10**6)
    sys.stdout.write(f"random.Random({seed})\n")
    return random.Random(seed)
