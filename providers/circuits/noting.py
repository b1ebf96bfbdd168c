"""Telling staff and the log that a circuit changed."""

from core.events import emit
from core.logs import get_logger
from providers.circuits.transitions import Key

logger = get_logger(__name__)


def note_opened(key: Key, *, code: str, seconds: float) -> None:
    """Calls pass it by for so many seconds."""
    logger.warning("circuit opened", provider=key.provider, model=key.model, code=code, seconds=seconds)
    emit("circuit_opened", provider=key.provider, model=key.model, code=code, seconds=seconds)


def note_half_opened(key: Key) -> None:
    logger.info("circuit half opened", provider=key.provider, model=key.model)
    emit("circuit_half_opened", provider=key.provider, model=key.model)


def note_closed(key: Key) -> None:
    logger.info("circuit closed", provider=key.provider, model=key.model)
    emit("circuit_closed", provider=key.provider, model=key.model)


def note_reset(key: Key, *, by: str) -> None:
    logger.info("circuit reset", provider=key.provider, model=key.model, by=by)
    emit("circuit_reset", provider=key.provider, model=key.model, by=by)
