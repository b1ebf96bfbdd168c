"""Reading the engine's settings. They are read anew for each turn, so a change needs no restart."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from core.composed import Rows
from providers.limits import EngineLimits, checked_limits
from providers.models import EngineSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Used:
    """What the last turn that this process began goes by."""

    limits: EngineLimits
    since: datetime


_process: dict[str, Used] = {}
_row = Rows(lambda: EngineSettings.objects.filter(pk=1))


def engine_settings() -> EngineSettings:
    """The row, or one with the defaults where nobody has saved it yet."""
    return _row.one() or EngineSettings()


def current_limits() -> EngineLimits:
    """The limits in force. A value that is broken in the database counts as its default."""
    limits, problems = checked_limits(engine_settings().values())
    for problem in problems:
        logger.warning("engine setting %s", problem)
    return limits


def note_used(limits: EngineLimits) -> None:
    """From now on this process is known to go by these."""
    _process["used"] = Used(limits, timezone.now())


def last_used() -> Used | None:
    return _process.get("used")
