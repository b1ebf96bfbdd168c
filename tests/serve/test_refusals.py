"""A start that cannot work ends at once, and says what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.valis import Valis


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named_with_another_one_to_try(tmp_path: Path, taken_port: int) -> None:
    refusal = Valis(tmp_path, port=taken_port).refusal()
    assert refusal.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{taken_port}" in refusal.stdout
    assert f"PORT={taken_port + 1}" in refusal.stdout
    assert "Traceback" not in refusal.stdout


def test_a_port_that_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    refusal = Valis(tmp_path, port=99999).refusal()
    assert refusal.returncode == 1
    assert "99999" in refusal.stdout
    assert "Traceback" not in refusal.stdout


def test_a_second_server_on_the_same_data_is_told_who_has_it(tmp_path: Path) -> None:
    with Valis(tmp_path) as first:
        assert first.process
        refusal = Valis(tmp_path).refusal()
        assert refusal.returncode == 1
        assert f"Another VALIS (process {first.process.pid}) uses {tmp_path}" in refusal.stdout
        assert "VALIS_DATA_DIR" in refusal.stdout
        assert "Traceback" not in refusal.stdout
        first.kill()
        with Valis(tmp_path):
            "a lock that the dead process left behind does not matter"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VALIS_LOOPBACK_ONLY", "perhaps"),
        ("VALIS_RATE_PERSON", "many"),
        ("VALIS_RATE_LOGIN", "-5"),
        ("VALIS_TIME_ZONE", "Mars/Base"),
        ("DATABASE_URL", "nonsense://person:word@there"),
        ("VALIS_LOG_LEVEL", "LOUD"),
        ("VALIS_LOG_FORMAT", "xml"),
        ("VALIS_SENTRY_DSN", "tracker.example.org"),
        ("VALIS_LOG_DIR", "/proc/nowhere"),
        ("VALIS_FIELD_KEYS", "no-key-at-all"),
        ("VALIS_ORIGINS", "valis.example.org"),
        ("VALIS_DATA_DIR", "/proc/nowhere"),
        ("VALIS_LOCAL_PROVIDERS", "ollama:11434:5"),
    ],
)
def test_a_mistake_in_the_environment_is_named(tmp_path: Path, variable: str, value: str) -> None:
    refusal = Valis(tmp_path, **{variable: value}).refusal()
    assert refusal.returncode == 1
    assert variable in refusal.stdout
    assert (value in refusal.stdout) is (variable not in {"VALIS_FIELD_KEYS", "DATABASE_URL"})
    assert "Traceback" not in refusal.stdout
