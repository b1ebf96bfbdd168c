"""Workers in the process of the tests, and what they were told to do."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from celery import current_app
from celery.worker import state
from django.db import connections

from chat.answering import answer_turn
from chat.models import Attempt, Turn
from valis_site import memory_broker

QUEUES = ("people", "background", "housekeeping")


def told_tasks() -> list[tuple[str, list[object]]]:
    """Name and arguments of each task that waits for a worker, taken out of the queues."""
    taken = []
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel
        for queue in QUEUES:
            while message := channel.basic_get(queue, no_ack=True):
                taken.append((str(message.headers["task"]), list(message.decode()[0])))
    return taken


def dispatched_turns() -> list[object]:
    """The turns that workers were told of, taken out of the queue."""
    return [arguments[0] for name, arguments in told_tasks() if name == "chat.tasks.answer_turn"]


def reply_to(turn: Turn) -> Attempt:
    """Answer the turn in this thread, and give its reply as it is stored."""
    answer_turn(turn.pk)
    turn.refresh_from_db()
    return turn.attempts.get(number=turn.attempt)


def in_thread(function: object, *args: object, **kwargs: object) -> Future[object]:
    """Run a function that uses the database in a thread of its own."""
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  (handed to whoever asks for the result)
            future.set_exception(error)
        finally:
            connections.close_all()

    threading.Thread(target=run, daemon=True).start()
    return future


def answering_in_thread(turn: Turn) -> Future[None]:
    return in_thread(answer_turn, turn.pk)


@contextmanager
def working(*, threads: int = 8) -> Iterator[None]:
    """A Celery worker with its pool of threads, from its start to its end."""
    controller = current_app.WorkController(
        pool_cls="threads",
        concurrency=threads,
        queues=list(QUEUES),
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
    )
    thread = threading.Thread(target=controller.start, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        state.should_stop = 0
        memory_broker._arrived.set()  # it looks whether to stop after each message
        thread.join(10)
        state.should_stop = None
        assert not thread.is_alive(), "the worker did not stop"
