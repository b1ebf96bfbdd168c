"""The full-text index of memories. Who they are about comes before any word of theirs."""

from core.search.index import FullText
from core.search.tables import Searched

USABLE = "{row}.superseded_by_id IS NULL AND NOT {row}.is_withdrawn"

MEMORIES = FullText(
    Searched(
        table="memory_memory",
        kept=USABLE,
        changed="UPDATE OF text, superseded_by_id, is_withdrawn",
        scope="'p' || {row}.persona_id || 'u' || coalesce({row}.person_id, 0)",
        is_seldom_written=True,
        is_stemmed=True,
    )
)


def scopes_of(*, persona_id: int, person_id: int) -> list[str]:
    """What the persona knows of this person, and what holds for everybody."""
    return [f"p{persona_id}u{person_id}", f"p{persona_id}u0"]
