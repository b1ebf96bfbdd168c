"""Saving what was hard to come by: it is still in memory while the database is away."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

logger = logging.getLogger(__name__)

SAVE_SECONDS = 60.0
_RETRY_PAUSE = 0.5

Result = TypeVar("Result")


def patiently(save: Callable[[], Result]) -> Result:
    """Save, waiting for a database that is away for `SAVE_SECONDS` at most, and then raise its error."""
    gives_up_at = time.monotonic() + SAVE_SECONDS
    while True:
        try:
            return save()
        except (OperationalError, InterfaceError):
            if time.monotonic() >= gives_up_at:
                raise
            logger.warning("waiting for the database to save what was done")
            close_old_connections()
            time.sleep(_RETRY_PAUSE)
