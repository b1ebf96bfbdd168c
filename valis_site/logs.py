"""What `LOGGING` is made of. The log itself is in `core.logs`."""

import logging
import sys
from typing import Any

from core.logs.entries import OWN_PACKAGES

FORMS = ("auto", "json", "lines")


def form_of_log(chosen: str) -> str:
    """`auto`: lines for whoever sits at a terminal, JSON for everything else."""
    is_terminal = bool(sys.__stderr__ and sys.__stderr__.isatty())
    return chosen if chosen != "auto" else "lines" if is_terminal else "json"


def logging_settings(*, level: str, **handler: str) -> dict[str, Any]:
    """Our own loggers speak from `level` on; libraries from warnings on, whatever the level.

    The rest is what `background_handler` takes.
    """
    of_others = max(logging.getLevelNamesMapping()[level], logging.WARNING)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"log": {"()": "core.logs.sinks.background_handler", **handler}},
        "root": {"handlers": ["log"], "level": of_others},
        "loggers": {
            **{name: {"level": level} for name in OWN_PACKAGES},
            # A refused request is the caller's affair; its answer says why.
            "django.request": {"level": "ERROR"},
            # A failed task has a line of ours; this one would quote what the error says.
            "celery.app.trace": {"level": "CRITICAL"},
        },
    }
