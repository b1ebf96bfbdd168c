"""Shipped personas into the database. Files are defaults only: edits made there win."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from personas.golden.storing import load_missing_dialogues, reset_dialogues
from personas.models import Persona
from personas.shipped_files import KEYS, SHIPPED, read_shipped, shipped_defaults


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Slugs, by what was done with them."""

    created: tuple[str, ...] = ()
    reset: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@transaction.atomic
def load_shipped(*, overwrite: bool = False, folder: Path = SHIPPED) -> LoadReport:
    """Create the shipped personas that are missing; `overwrite` resets the others.

    All files are checked before anything is written. Raises `PersonaFileError`.
    """
    created: list[str] = []
    present: list[str] = []
    for values in read_shipped(folder):
        persona, is_new = Persona.objects.get_or_create(
            slug=values["slug"], defaults=values | {"is_shipped": True}
        )
        (created if is_new else present).append(persona.slug)
        if overwrite and not is_new:
            _apply(persona, values)
    load_missing_dialogues()
    if overwrite:
        return LoadReport(created=tuple(created), reset=tuple(present))
    return LoadReport(created=tuple(created), kept=tuple(present))


def reset_to_shipped(slug: str) -> Persona:
    """The persona as it was shipped, made again if it is gone.

    Its picture stays, and whether it is active. Raises `NotFound` if none of that name was shipped.
    """
    values = shipped_defaults(slug)
    with transaction.atomic():
        persona = Persona.objects.select_for_update().filter(slug=slug).first()
        return _apply(persona or Persona(slug=slug), values)


def _apply(persona: Persona, values: dict[str, Any]) -> Persona:
    blank = Persona()
    for key in KEYS:
        setattr(persona, key, values[key] if key in values else getattr(blank, key))
    persona.is_shipped = True
    persona._change_reason = "reset to shipped defaults"  # type: ignore[attr-defined]  # noqa: SLF001
    persona.save()
    reset_dialogues(persona)
    return persona
