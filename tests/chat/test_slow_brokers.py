"""A broker that does not answer holds up nobody who sends."""

import threading
import time
from collections.abc import Iterator

import pytest
from celery import current_app

from chat.dispatching import dispatch
from tests.chat.conftest import Say
from tests.chat.working import dispatched_turns

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set the broker takes nothing."""
    is_over = threading.Event()
    really_send = current_app.send_task

    def send(*args: object, **kwargs: object) -> None:
        is_over.wait(100)
        really_send(*args, **kwargs)

    monkeypatch.setattr(current_app, "send_task", send)
    yield is_over
    is_over.set()


def test_a_message_is_accepted_soon_though_the_broker_is_silent(silence: threading.Event, say: Say) -> None:
    began = time.monotonic()
    say()
    assert time.monotonic() - began < 50


def test_what_nobody_could_be_told_of_does_not_pile_up(
    silence: threading.Event, say: Say, eventually
) -> None:
    turn = say().turn
    dispatched_turns()
    for _ in range(10):
        dispatch(turn.pk, turn.session.mode)
    silence.set()

    # One for each thread that tried; the others were given up.
    told: list[object] = []
    eventually(lambda: told.extend(dispatched_turns()) or len(told) == 8)
