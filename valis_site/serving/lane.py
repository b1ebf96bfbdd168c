"""Turns of the one process that does everything go straight to a thread that answers them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections

from core.request_id import known_request_id
from valis_site import task_lines
from valis_site.celery import app


class Lane:
    """Runs tasks as a worker would, without a broker between: that takes longer than to store the turn."""

    def __init__(self, *, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="turns")

    def take(self, task: str, turn_id: int) -> None:
        """Returns at once. What nobody comes to do any more is found by its row, as with any worker."""
        self._threads.submit(self._run, app.tasks[task], turn_id, known_request_id())

    @staticmethod
    def _run(task: Any, turn_id: int, request_id: str) -> None:
        task_lines.begin(request_id)
        close_old_connections()
        state = "FAILURE"
        try:
            task.run(turn_id)
            state = "SUCCESS"
        except Exception as error:  # noqa: BLE001  (the log has it; the thread goes on)
            task_lines.fail(task.name, str(turn_id), error)
        finally:
            close_old_connections()
            task_lines.end(task.name, str(turn_id), state)
