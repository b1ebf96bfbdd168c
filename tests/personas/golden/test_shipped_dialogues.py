"""The golden dialogues VALIS comes with."""

import pytest

from personas.golden.dialogues import GoldenDialogue, golden_dialogues
from personas.golden.files import shipped_dialogues
from personas.golden.measuring import measure
from personas.loading import load_shipped, reset_to_shipped
from personas.models import GoldenDialogueRow, Persona
from personas.shipped_files import read_shipped, shipped_defaults

pytestmark = pytest.mark.django_db


def test_a_shipped_persona_comes_with_its_golden_dialogues():
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    assert len(golden_dialogues(jane)) >= 5


@pytest.mark.parametrize("slug", [values["slug"] for values in read_shipped()])
def test_the_dialogues_of_a_persona_show_its_voice_from_all_sides(slug):
    dialogues = [GoldenDialogue.from_json(each) for each in shipped_dialogues(slug)]
    phrases = shipped_defaults(slug)["common_phrases"]
    found = [measure(each.reply, dialogue=each, phrases=phrases) for each in dialogues]
    assert len(dialogues) >= 5
    assert sum(each.declines for each in dialogues) >= 2
    assert 4 <= sum(bool(each.phrases) for each in found) < len(dialogues), "phrases often, but not always"
    assert all(len(each.markers) >= 6 for each in found)
    for each in dialogues:
        asked = measure(each.question, dialogue=each, phrases=())
        assert not asked.avoided, (
            f"{each.name}: a reply that quotes the question would count as another voice"
        )


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
