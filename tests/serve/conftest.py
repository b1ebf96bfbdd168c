"""A provider for everybody; each test starts servers of its own."""

from collections.abc import Iterator

import pytest

from tests.harness.running import MODEL
from tests.playing import PlayingServer


@pytest.fixture
def playing() -> Iterator[PlayingServer]:
    with PlayingServer(models={MODEL: "say:Hello from the provider."}) as server:
        yield server
