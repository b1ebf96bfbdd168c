"""Golden dialogues into the database. Files are defaults only: edits made there win."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from personas.golden.files import shipped_dialogues
from personas.golden.models import GoldenDialogueRow
from personas.models import Persona


@transaction.atomic
def replace_dialogues(persona: Persona, values: Sequence[dict[str, Any]]) -> None:
    """Instead of all it had; `values` are checked, and come in their order."""
    persona.golden_dialogues.all().delete()
    GoldenDialogueRow.objects.bulk_create(
        GoldenDialogueRow(persona=persona, position=number * 10, **each)
        for number, each in enumerate(values, start=1)
    )


def load_missing_dialogues() -> None:
    """For all personas that came with VALIS and have none. Raises `PersonaFileError`."""
    for persona in Persona.objects.filter(is_shipped=True, golden_dialogues=None):
        reset_dialogues(persona)


def reset_dialogues(persona: Persona) -> None:
    """As they were shipped."""
    replace_dialogues(persona, shipped_dialogues(persona.slug))
