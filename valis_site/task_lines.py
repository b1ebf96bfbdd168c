"""One line for each task, with the id of the request that it was sent for."""

import time
from contextvars import ContextVar
from typing import Any

from celery import Task, signals

from core.logs import get_logger
from core.metrics import counter
from core.request_id import known_request_id, start_request

logger = get_logger(__name__)

TASKS = counter("tasks", "Tasks that were run", "task", "state")
HEADER = "valis_request_id"
_started: ContextVar[float] = ContextVar("task_started")


@signals.setup_logging.connect
def _keep_our_log(**_: Any) -> None:
    """That somebody listens to this signal keeps Celery from setting up a log of its own."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any], **_: Any) -> None:
    if request_id := known_request_id():
        headers[HEADER] = request_id


def begin(request_id: str) -> None:
    start_request(request_id)
    _started.set(time.perf_counter())


def end(task: str, task_id: str, state: str | None, *, is_periodic: bool = False) -> None:
    TASKS.labels(task, state).inc()
    say = logger.debug if is_periodic and state == "SUCCESS" else logger.info
    ms = round((time.perf_counter() - _started.get()) * 1000, 1)
    say("task", task=task, id=task_id, state=state, ms=ms)


def fail(task: str, task_id: str, error: BaseException) -> None:
    logger.error("task failed", task=task, id=task_id, exc_info=error)


@signals.task_prerun.connect
def _begin(task: Task[Any, Any], **_: Any) -> None:
    begin(str(task.request.get(HEADER) or ""))


@signals.task_postrun.connect
def _end(task: Task[Any, Any], state: str | None = None, **_: Any) -> None:
    is_periodic = (task.request.delivery_info or {}).get("routing_key") == "housekeeping"
    end(task.name, str(task.request.id), state, is_periodic=is_periodic)


@signals.task_failure.connect
def _fail(sender: Task[Any, Any], exception: BaseException, **_: Any) -> None:
    fail(sender.name, str(sender.request.id), exception)
