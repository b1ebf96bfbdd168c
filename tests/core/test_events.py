"""Events: told to whoever listens, and harmless to whoever emits."""

from typing import Any

import pytest

from core import events


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    heard: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(events, "_listeners", [])
    events.listen(lambda kind, facts: heard.append((kind, facts)))
    return heard


def test_an_event_is_told_with_its_facts(told) -> None:
    events.emit("circuit_opened", provider="main")

    assert told == [("circuit_opened", {"provider": "main"})]


def test_a_listener_that_fails_harms_neither_the_emitter_nor_the_others(told, monkeypatch) -> None:
    def fail(kind: str, facts: dict[str, Any]) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(events, "_listeners", [fail, *events._listeners])
    events.emit("circuit_closed", provider="main")

    assert [kind for kind, _ in told] == ["circuit_closed"]
