"""What the log says of an error: where it happened, and as much of its words as cannot be somebody's.

The words of an error may quote what it is about: a message, a key, a whole row. So they are left out
unless the error is of a kind that speaks of programs and machines only. Local variables are never shown.
"""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import ValisError
from core.logs.redacting import redacted

MOST_CAUSES = 5
MOST_FRAMES = 40
LONGEST_WORDS = 300
_TELLING = {
    *("AttributeError", "ImportError", "MemoryError", "ModuleNotFoundError", "NameError"),
    *("NotImplementedError", "RecursionError", "RuntimeError", "TypeError", "UnboundLocalError"),
    # One line of it: what follows quotes the row or the statement.
    *(f"django.db.utils.{name}Error" for name in ("Integrity", "Interface", "Operational", "Programming")),
    *("psycopg.OperationalError", "psycopg_pool.PoolTimeout"),
    *("redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError"),
    "kombu.exceptions.OperationalError",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of a chain."""

    kind: str
    words: str
    frames: traceback.StackSummary

    def __str__(self) -> str:
        where = ["Traceback (most recent call last):\n", *self.frames.format()] if self.frames else []
        return "".join(where) + (f"{self.kind}: {self.words}" if self.words else self.kind)


def faults_of(error: BaseException) -> list[Fault]:
    """The error and what it came of, the first cause first."""
    chain = list(_chain(error))[:MOST_CAUSES]
    return [
        Fault(_kind(each), words_of(each), traceback.extract_tb(each.__traceback__, limit=-MOST_FRAMES))
        for each in reversed(chain)
    ]


def traceback_of(error: BaseException) -> str:
    return "\n\nThen:\n\n".join(str(fault) for fault in faults_of(error))


def in_short(error: BaseException) -> str:
    words = words_of(error)
    return f"{_kind(error)}: {words}" if words else _kind(error)


def words_of(error: BaseException) -> str:
    """What the error says, or '' when that may be somebody's text."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_kind(each) for each in error.exceptions[:MOST_CAUSES])
    if not (isinstance(error, ValisError | OSError) or _kind(error) in _TELLING):
        return ""
    first_line = str(error).strip().partition("\n")[0]
    return redacted(first_line[:LONGEST_WORDS])


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
