"""A person who says things, workers who answer them, and ears for what a session is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from accounts.models import User
from chat.models import Turn
from chat.running import running_turns
from chat.services import Submission, submit_message
from personas.models import Persona
from tests.chat.listening import Listener
from tests.chat.working import answering_in_thread, working

Say = Callable[..., Submission]


@pytest.fixture(autouse=True)
def _no_turn_runs_on(eventually: Callable[..., None]) -> Iterator[None]:
    yield
    eventually(lambda: running_turns.count() == 0)


@pytest.fixture
def say(alice: User, jane: Persona) -> Say:
    """Alice sends a message; each one has a client id of its own."""
    count = 0

    def say(text: str = "Hello Jane.", **options: object) -> Submission:
        nonlocal count
        count += 1
        return submit_message(alice, **({"text": text, "client_id": f"said-{count}"} | options))

    return say


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Hears what a session (or another topic) is told from now on."""
    listeners: list[Listener] = []

    def listen(topic: object) -> Listener:
        listeners.append(Listener(topic))
        return listeners[-1]

    yield listen
    for each in listeners:
        each.close()


@pytest.fixture
def answering() -> Callable[[Turn], Future[None]]:
    """Answers a turn in a thread, as a worker does."""
    return answering_in_thread


@pytest.fixture(scope="module")
def worker() -> Iterator[None]:
    """A real Celery worker with a pool of threads, in this process; for modules that want it throughout."""
    with working():
        yield
