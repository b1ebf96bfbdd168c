"""A VALIS as a process of its own, and the official SDK as its client."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.completions.clients import new_key, sdk_options
from tests.harness.running import MODEL, running_valis, use_backup
from tests.harness.valis import Valis
from tests.playing import PlayingServer


@pytest.fixture(scope="package")
def playing_all() -> Iterator[PlayingServer]:
    with PlayingServer() as server:
        yield server


@pytest.fixture(scope="package")
def valis(tmp_path_factory: pytest.TempPathFactory, playing_all: PlayingServer) -> Iterator[Valis]:
    with running_valis(tmp_path_factory.mktemp("valis"), playing_all) as process:
        use_backup(process.data, playing_all, is_enabled=False)
        yield process


@pytest.fixture(scope="package")
def key(valis: Valis) -> str:
    """The key of a program of the person "demo"."""
    return new_key(valis, "demo")


@pytest.fixture
def playing(playing_all: PlayingServer) -> PlayingServer:
    playing_all.cast(MODEL, "say:Read a poem.")
    return playing_all


@pytest.fixture
def sdk(valis: Valis, key: str, playing: PlayingServer) -> Iterator[OpenAI]:
    """The official client, as a program of the person "demo" uses it."""
    with OpenAI(**sdk_options(valis, key)) as client:
        yield client
