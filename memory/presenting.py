"""What a persona knows about a person, as pages show it: a part for each kind."""

from typing import Any

from accounts.models import User
from memory.models import Kind
from memory.selectors import COLD_PAGE, WARM_PAGE, about, cold, counts, found, memory_form, warm
from personas.models import Persona

TITLES = {
    Kind.FACT: "Facts",
    Kind.RELATIONSHIP: "Relationships",
    Kind.OPINION: "Opinions",
    Kind.INTEREST: "Interests",
    Kind.SUMMARY: "Summaries of earlier times",
    "": "Found",
}


def parts_of(
    person: User, persona: Persona, *, kind: str = "", query: str = "", offset: int = 0
) -> list[dict[str, Any]]:
    """The first page of each kind that there is; or the page that is asked for. Raises `InvalidInput`."""
    if query or kind:
        return [part_of(person, persona, kind=kind, query=query, offset=offset)]
    counted = counts(person, persona)
    return [part_of(person, persona, kind=each, count=counted[each]) for each in counted if counted[each]]


def part_of(
    person: User,
    persona: Persona,
    *,
    kind: str = "",
    query: str = "",
    offset: int = 0,
    count: int | None = None,
) -> dict[str, Any]:
    """`next_offset` is None at the end. Raises `InvalidInput`."""
    rows = about(person, persona)
    if query:
        rows = found(rows, query)
    if kind:
        rows = cold(rows) if kind == Kind.SUMMARY else warm(rows, kind)
    size = COLD_PAGE if kind == Kind.SUMMARY else WARM_PAGE
    page = list(rows[offset : offset + size + 1])
    return {
        "kind": kind,
        "title": TITLES[kind],
        "query": query,
        "count": count,
        "offset": offset,
        "memories": [memory_form(each) for each in page[:size]],
        "next_offset": offset + size if len(page) > size else None,
    }
