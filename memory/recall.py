"""What comes to a persona's mind when somebody says something: one statement, on the way to each reply."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils import timezone

from memory.index import MEMORIES, USABLE, scopes_of
from memory.models import Memory
from memory.relevance import Candidate, best_of, telling_words
from providers.limits import EngineLimits

_OF_EACH_WORD, _OF_IMPORTANT = 12, 20
_COLUMNS = ("id", "kind", "text", "importance", "confidence", "ends_at", "updated_at", "last_used_on")


@dataclass(frozen=True, slots=True)
class Recalled:
    """One memory as a reply uses it."""

    id: int
    kind: str
    text: str
    line: str
    last_used_on: date | None = None


def something_to_recall(*, persona: str, person: str) -> str:
    """SQL for a statement that is made anyway: whether recalling could give anything.

    The arguments are columns of that statement. Who does not want to be remembered has nothing.
    """
    usable = USABLE.format(row="memory_memory")
    some = f"SELECT 1 FROM memory_memory WHERE memory_memory.persona_id = {persona} AND {usable}"  # noqa: S608  # nosec B608
    off = f"SELECT 1 FROM memory_preference WHERE memory_preference.person_id = {person} AND NOT is_on"  # noqa: S608  # nosec B608
    mine, general = (f"{some} AND memory_memory.person_id {whose}" for whose in (f"= {person}", "IS NULL"))
    return f"((EXISTS ({mine}) OR EXISTS ({general})) AND NOT EXISTS ({off}))"


def recall(question: str, *, persona_id: int, person_id: int, limits: EngineLimits) -> tuple[Recalled, ...]:
    """What fits the question best, within `memory_tokens`. The switches have been looked at before."""
    if not limits.memory or not limits.memory_tokens:
        return ()
    candidates = _candidates(telling_words(question), persona_id=persona_id, person_id=person_id)
    best = best_of(candidates, tokens=limits.memory_tokens)
    return tuple(Recalled(each.id, each.kind, each.text, each.line, each.last_used_on) for each in best)


def note_used(recalled: Iterable[Recalled]) -> None:
    """They were in the prompt of a reply. A statement only for what was not used today already."""
    today = timezone.now().date()
    if ids := [each.id for each in recalled if each.last_used_on != today]:
        Memory.objects.filter(pk__in=ids).update(last_used_on=today)


def _candidates(words: list[str], *, persona_id: int, person_id: int) -> list[Candidate]:
    """The newest with each word, and the most important of all."""
    whose = (persona_id, person_id)
    of_words: list[Any] = []
    if words:
        scopes = scopes_of(persona_id=persona_id, person_id=person_id)
        of_words = MEMORIES.sought(connection.vendor, words, scopes=scopes)
    by_id: dict[int, Candidate] = {}
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor, len(words)), [*of_words, *whose, persona_id, *whose])
        for hit, *values in cursor.fetchall():
            pk = values[0]
            if pk not in by_id:
                by_id[pk] = _candidate(values)
            if hit >= 0:
                by_id[pk].hits.add(hit)
    return list(by_id.values())


@lru_cache
def _statement(vendor: str, words: int) -> str:
    """For so many words. Whose they are is asked of the rows themselves, whatever the index has found."""
    found = _important()
    if words:
        found = f"{MEMORIES.hits(vendor, 'memory_memory', words, most=_OF_EACH_WORD)} UNION ALL {found}"
    columns = ", ".join(f"memory_memory.{each}" for each in _COLUMNS)
    usable = USABLE.format(row="memory_memory")
    return (
        f"SELECT found.hit, {columns} FROM ({found}) AS found "  # noqa: S608  # nosec B608
        f"CROSS JOIN memory_memory WHERE memory_memory.id = found.id AND {usable} "
        "AND memory_memory.persona_id = %s "
        "AND (memory_memory.person_id = %s OR memory_memory.person_id IS NULL)"
    )


def _important() -> str:
    usable = USABLE.format(row="memory_memory")
    parts = (
        f"SELECT * FROM (SELECT id, -1 AS hit FROM memory_memory WHERE persona_id = %s AND person_id {whose} "  # noqa: S608  # nosec B608
        f"AND {usable} ORDER BY importance DESC, id DESC LIMIT {_OF_IMPORTANT}) AS important"
        for whose in ("= %s", "IS NULL")
    )
    return " UNION ALL ".join(parts)


def _candidate(values: list[Any]) -> Candidate:
    pk, kind, text, importance, confidence, ends_at, updated_at, last_used_on = values
    known_since = _time(updated_at) or timezone.now()
    return Candidate(pk, kind, text, importance, confidence, _time(ends_at), known_since, last_used_on)


def _time(value: datetime | None) -> datetime | None:
    """SQLite keeps times in UTC, without saying so."""
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
