"""The log: one line for each thing that happened, with the id of the request it belongs to.

`get_logger(__name__).info("turn ended", turn=7, status="complete")` says what happened in words that
never change, and the rest in fields. Texts of messages and keys are no fields; see
docs/decisions/0006-what-the-log-may-say.md.
"""

import logging.config
import threading
from typing import Any

import structlog

get_logger = structlog.stdlib.get_logger


def configure(settings: dict[str, Any]) -> None:
    """Django's `LOGGING_CONFIG`: what the standard library needs to be told, and structlog."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    threading.excepthook = _thread_failed


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Python itself would print the error with whatever it says."""
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        name = failure.thread.name if failure.thread else ""
        get_logger(__name__).error("a thread failed", thread=name, exc_info=failure.exc_value)
