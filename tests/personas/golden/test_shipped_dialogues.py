"""The golden dialogues VALIS comes with."""

import pytest

from personas.golden.dialogues import golden_dialogues
from personas.loading import load_shipped, reset_to_shipped
from personas.models import GoldenDialogueRow, Persona

pytestmark = pytest.mark.django_db


def test_a_shipped_persona_comes_with_its_golden_dialogues():
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    assert len(golden_dialogues(jane)) >= 5


def test_loading_again_keeps_what_staff_changed():
    load_shipped()
    row = GoldenDialogueRow.objects.filter(persona__slug="jane").first()
    GoldenDialogueRow.objects.filter(pk=row.pk).update(reply="Changed here.")
    load_shipped()
    row.refresh_from_db()
    assert row.reply == "Changed here."


def test_a_reset_brings_back_what_was_shipped():
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    shipped = golden_dialogues(jane)
    jane.golden_dialogues.all().delete()
    assert golden_dialogues(reset_to_shipped("jane")) == shipped
