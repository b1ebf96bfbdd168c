"""Personas from files, and into files. Nothing that comes in speaks before staff have let it."""

import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from accounts.audit.recording import Person, record
from core.errors import InvalidInput, NotFound
from core.events import emit
from personas.cards.books import stored_book
from personas.cards.mapping import fields_of, greetings_in, is_possible
from personas.cards.reading import Incoming, read_file
from personas.cards.report import SafetyReport, safety_report
from personas.cards.writing import FORMS, written
from personas.golden.storing import replace_dialogues
from personas.models import Card, Persona
from personas.shipped_files import KEYS

_SLUG = 50


@dataclass(frozen=True, slots=True)
class Prepared:
    """A persona that could be saved, and what there is to know of it."""

    persona: Persona
    incoming: Incoming
    report: SafetyReport


@dataclass(frozen=True, slots=True)
class Written:
    """A persona as a file."""

    content: bytes
    media_type: str
    name: str


def prepare_import(content: bytes) -> Prepared:
    """Read a file without saving anything. Raises `InvalidInput` or `TooLarge`."""
    incoming = read_file(content)
    own = {name: value for name, value in incoming.own.items() if name in KEYS and is_possible(name, value)}
    fields = (fields_of(incoming.card) if incoming.card else {}) | own
    wanted = str(fields.pop("slug", "")) or slugify(fields.get("name", "")) or "persona"
    persona = Persona(**fields | {"slug": _free_slug(wanted), "is_active": False, "is_quoted": True})
    persona.set_picture(incoming.picture)
    try:
        persona.full_clean()
    except ValidationError as error:
        problems = {name: " ".join(each) for name, each in error.message_dict.items()}
        raise InvalidInput(
            f"No persona can be made of this file: {'; '.join(f'{k}: {v}' for k, v in problems.items())}",
            code="card_unreadable",
            problems=problems,
        ) from error
    return Prepared(persona, incoming, safety_report(incoming, fields))


def import_persona(content: bytes, *, by: Person) -> Prepared:
    """Save the persona of a file. It is not active, and its words are quoted, until staff change that."""
    with transaction.atomic():
        prepared = prepare_import(content)
        persona, card = prepared.persona, prepared.incoming.card
        book = stored_book(card)
        persona.has_book = bool(book)
        persona._change_reason = "imported"  # type: ignore[attr-defined]  # noqa: SLF001
        persona.save()
        Card.objects.create(
            persona=persona,
            original=json.dumps(card, ensure_ascii=False, separators=(",", ":")) if card else "",
            book=book,
            greetings=greetings_in(card),
            report=asdict(prepared.report),
        )
        replace_dialogues(persona, prepared.incoming.dialogues)
        record("persona.imported", actor=by, target=persona, name=persona.name, form=prepared.incoming.form)
    transaction.on_commit(lambda: emit("persona_added", name=persona.name))
    return prepared


def export_persona(slug: str, *, form: str, by: Person) -> Written:
    """One persona, active or not, in one of the forms of `writing.FORMS`."""
    persona = Persona.objects.defer(None).select_related("card").filter(slug=slug).first()
    if persona is None:
        raise NotFound("There is no such persona.", code="persona_not_found", persona=slug)
    if form not in FORMS:
        raise InvalidInput(f"The form must be one of {', '.join(FORMS)}.", code="form_unknown")
    media_type, ending = FORMS[form]
    content = written(persona, form)
    record("persona.exported", actor=by, target=persona, name=persona.name, form=form)
    return Written(content, media_type, f"{slug}.{ending}")


def report_of(persona: Persona) -> dict[str, Any]:
    """The report of its import; empty for one that was made here."""
    return dict(Card.objects.filter(persona=persona).values_list("report", flat=True).first() or {})


def _free_slug(wanted: str) -> str:
    wanted = wanted[:_SLUG].strip("-") or "persona"
    root = wanted[: _SLUG - 5]
    taken = set(Persona.objects.filter(slug__startswith=root).values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    return next(slug for number in count(2) if (slug := f"{root}-{number}") not in taken)
