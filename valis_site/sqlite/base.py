"""Django's SQLite back end, with writers of this process waiting for each other in line.

SQLite lets one connection write at a time and has the others look again after growing pauses, up to
100 ms. Within one process a lock does better: the next writer goes on at once. Writers of other
processes are still met with SQLite's own waiting.

A new database is readable by its owner alone; SQLite gives its other files the same rights.
"""

import os
import threading
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base

_WAIT_SECONDS = 20.0
_writers = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    _holds_line = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        _make_for_its_owner_only(str(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        # A wait that was in vain ends in SQLite's own error, "database is locked".
        self._holds_line = _writers.acquire(timeout=_WAIT_SECONDS)
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave_line()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._leave_line()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave_line()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave_line()

    def _leave_line(self) -> None:
        if self._holds_line:
            self._holds_line = False
            _writers.release()


def _make_for_its_owner_only(database: str) -> None:
    if ":memory:" in database or database.startswith("file:"):
        return
    with suppress(OSError):  # it is there already, or SQLite itself will say what is wrong
        os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))
