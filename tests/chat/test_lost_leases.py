"""A worker that lost its turn to another one, or its database for a while."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat import turns
from chat.answering import answer_turn
from chat.models import Turn, TurnStatus
from chat.selectors import find_turn, lost_turns
from providers.models import Provider
from tests.chat.conftest import Say
from tests.chat.working import answering_in_thread, in_thread
from tests.playing import Outcome, PlayingServer, numbered
from usage.models import Call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _pulses_come_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.cascade.PULSE_SECONDS", 0.05)


@pytest.fixture
def stream(say: Say, provider: Callable[..., Provider]) -> Turn:
    """A turn whose reply takes a second."""
    provider("tokens:60@60")
    return say().turn


def kept_text(turn: Turn) -> str:
    return str(turn.attempts.values_list("text", flat=True).last() or "")


def take_away(turn: Turn) -> None:
    """Its lease runs out, and housekeeping finds it."""
    Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert turns.release_lost(find_turn(turn.pk))


@pytest.fixture
def lost(stream: Turn, eventually, monkeypatch: pytest.MonkeyPatch) -> tuple[Turn, turns.Held]:
    """A reply that was interrupted in mid-stream and claimed by somebody else; its old worker runs on."""
    # One checkpoint, and then none for a while: a worker that hangs.
    answering_in_thread(stream)
    eventually(lambda: kept_text(stream))
    monkeypatch.setattr("providers.cascade.PULSE_SECONDS", 0.5)
    time.sleep(0.1)
    take_away(stream)
    assert turns.run_again(stream)
    held = turns.claim(find_turn(stream.pk), places=200, snapshot={})
    assert held is not None
    return stream, held


def test_who_lost_its_turn_writes_nothing_any_more(lost, eventually, playing: PlayingServer) -> None:
    turn, held = lost
    kept = [(each.status, each.text) for each in turn.attempts.all()]
    assert turns.checkpoint(held, text="The other's text", event_id="") is turns.Standing.HELD

    playing.calls.wait_until(lambda calls: calls[0].ended)
    eventually(lambda: not Call.objects.filter(outcome="open").exists())

    assert [(each.status, each.text) for each in turn.attempts.all()] == [
        kept[0],
        (TurnStatus.STREAMING, "The other's text"),
    ]
    assert find_turn(turn.pk).status == TurnStatus.STREAMING


def test_who_lost_its_turn_leaves_the_provider(lost, playing: PlayingServer) -> None:
    playing.calls.wait_until(lambda calls: calls[0].ended)

    assert playing.calls[0].outcome == Outcome.CLOSED_BY_CLIENT


def test_who_lost_its_turn_announces_no_end(lost, listen, playing: PlayingServer) -> None:
    turn, _ = lost
    ears = listen(turn.session_id)

    playing.calls.wait_until(lambda calls: calls[0].ended)
    time.sleep(0.1)

    assert set(ears.kinds) <= {"turn.delta"}
    assert {event["attempt"] for event in ears.events} <= {1}


def test_an_owner_may_renew_a_lease_that_ran_out(stream: Turn, eventually) -> None:
    answer = answering_in_thread(stream)
    eventually(lambda: kept_text(stream))

    Turn.objects.filter(pk=stream.pk).update(lease_until=timezone.now() - timedelta(seconds=60))
    eventually(lambda: not lost_turns().exists())
    answer.result(60)

    assert find_turn(stream.pk).status == TurnStatus.COMPLETE


def test_a_running_reply_is_kept_as_far_as_it_came(stream: Turn, eventually, playing: PlayingServer) -> None:
    answer = answering_in_thread(stream)

    eventually(lambda: len(kept_text(stream)) > 20)
    assert numbered(60).startswith(kept_text(stream))
    assert find_turn(stream.pk).status == TurnStatus.STREAMING
    answer.result(60)


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody can write (SQLite), or all connections but this one are cut (PostgreSQL).

    The latter is not even noticed: the pool looks at each connection before it lends it.
    """
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    yield


def answer_impatiently(turn: Turn) -> None:
    """As `answer_turn`, but a locked database is an error at once and not after 20 seconds."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout=10")
    answer_turn(turn.pk)


def test_a_database_that_is_away_in_mid_stream_costs_the_reply_nothing(
    stream: Turn, eventually, caplog: pytest.LogCaptureFixture
) -> None:
    answer = in_thread(answer_impatiently, stream)
    eventually(lambda: kept_text(stream))

    with database_away():
        if connection.vendor == "sqlite":
            eventually(lambda: "could not be checkpointed" in caplog.text)
    answer.result(60)

    turn = find_turn(stream.pk)
    assert (turn.status, kept_text(turn)) == (TurnStatus.COMPLETE, numbered(60))


def test_the_lease_is_renewed_again_once_the_database_is_back(
    say: Say, provider: Callable[..., Provider], eventually, caplog: pytest.LogCaptureFixture
) -> None:
    provider("tokens:200@40")
    turn = say().turn
    answer = in_thread(answer_impatiently, turn)
    eventually(lambda: kept_text(turn))
    kept = kept_text(turn)
    with database_away():
        if connection.vendor == "sqlite":
            eventually(lambda: "could not be checkpointed" in caplog.text)

    eventually(lambda: len(kept_text(turn)) > len(kept))
    assert find_turn(turn.pk).status == TurnStatus.STREAMING
    answer.result(60)


def test_a_database_that_is_away_at_the_end_is_waited_for(
    say: Say, provider: Callable[..., Provider], playing: PlayingServer, eventually,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("core.patience._RETRY_PAUSE", 0.05)
    monkeypatch.setattr("providers.cascade.PULSE_SECONDS", 5)
    provider("tokens:20@40")
    turn = say().turn
    answer = in_thread(answer_impatiently, turn)
    playing.calls.wait_until(lambda calls: calls and calls[0].first_token)

    with database_away():
        if connection.vendor == "sqlite":
            eventually(lambda: "waiting for the database" in caplog.text)
        else:
            playing.calls.wait_until(lambda calls: calls[0].ended)
    answer.result(60)

    turn = find_turn(turn.pk)
    assert (turn.status, kept_text(turn)) == (TurnStatus.COMPLETE, numbered(20))
