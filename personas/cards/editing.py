"""Changing the lorebook of a persona, entry by entry. What else its card holds stays as it came."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction

from accounts.audit.recording import Person, record
from core.errors import Conflict, InvalidInput, NotFound
from personas import limits
from personas.cards.books import entries_in, stored_book
from personas.cards.mapping import data_of
from personas.cards.reading import V3
from personas.models import Card, Persona

Entry = dict[str, Any]
Entries = list[Entry]


def entries_of(persona: Persona) -> Entries:
    """As the card has them, those that are switched off too."""
    return entries_in(_whole(Card.objects.filter(persona=persona).first()))


def digest_of(entries: Entries) -> str:
    """Tells whether somebody else has changed them."""
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()[:16]


def save_entry(persona: Persona, *, at: int | None, values: dict[str, Any], seen: str, by: Person) -> None:
    """Change the entry at a place, or add one. `seen` is the digest of what the values go by.

    Raises `Conflict` when somebody was faster, `InvalidInput` for more than a lorebook may hold.
    """

    def changed(entries: Entries) -> str:
        if at is None:
            entries.append({"extensions": {}, **values})
            return f"added entry {len(entries)}"
        entries[at] = entries[at] | values
        return f"changed entry {at + 1}"

    _edit(persona, changed, seen=seen, by=by)


def remove_entry(persona: Persona, *, at: int, seen: str, by: Person) -> None:
    """Raises `Conflict`, as `save_entry` does."""

    def removed(entries: Entries) -> str:
        del entries[at]
        return f"removed entry {at + 1}"

    _edit(persona, removed, seen=seen, by=by)


def restore_book(persona: Persona, *, version: int, by: Person) -> None:
    """Take back the lorebook of an earlier version. Raises `NotFound`."""
    earlier = Card.history.filter(persona_id=persona.pk, history_id=version).first()
    if earlier is None:
        raise NotFound("There is no such version.")
    old = entries_in(json.loads(earlier.original) if earlier.original else {})

    def restored(entries: Entries) -> str:
        entries[:] = old
        return f"restored version {version}"

    _edit(persona, restored, seen="", by=by)


def _edit(persona: Persona, change: Callable[[Entries], str], *, seen: str, by: Person) -> None:
    with transaction.atomic():
        Persona.objects.select_for_update().get(pk=persona.pk)
        card = Card.objects.filter(persona=persona).first() or Card(persona=persona)
        whole = _whole(card) or {"spec": V3, "spec_version": "3.0", "data": {"name": persona.name}}
        entries = entries_in(whole)
        if seen and seen != digest_of(entries):
            raise Conflict("Somebody else has changed this lorebook meanwhile. Look at it again.")
        reason = change(entries)
        _write(card, whole, entries, reason)
        Persona.objects.filter(pk=persona.pk).update(has_book=bool(card.book))
        record("persona.lorebook_changed", actor=by, target=persona, name=persona.name, what=reason)


def _write(card: Card, whole: dict[str, Any], entries: Entries, reason: str) -> None:
    if len(entries) > limits.BOOK_ENTRIES:
        raise InvalidInput(f"A lorebook may have {limits.BOOK_ENTRIES:,} entries at most.")
    data = data_of(whole)
    book = data.get("character_book")
    data["character_book"] = (book if isinstance(book, dict) else {"extensions": {}}) | {"entries": entries}
    whole = whole | {"data": data} if "spec" in whole else data
    card.original = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    if len(card.original.encode()) > limits.CARD_TEXT_BYTES:
        raise InvalidInput("The card would be too large with this entry.")
    card.book = stored_book(whole)
    card._change_reason = reason  # type: ignore[attr-defined]  # noqa: SLF001
    card.save()


def _whole(card: Card | None) -> dict[str, Any]:
    return dict(json.loads(card.original)) if card and card.original else {}
