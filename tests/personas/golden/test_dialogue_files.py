"""Golden dialogues come and go with their persona."""

import json

import pytest

from core.errors import InvalidInput
from personas.cards.reading import read_file
from personas.cards.services import export_persona, import_persona
from personas.cards.writing import as_payload
from personas.golden.dialogues import GoldenDialogue, golden_dialogues
from personas.golden.files import shipped_dialogues
from personas.loading import load_shipped
from personas.models import GoldenDialogueRow, Persona
from personas.shipped_files import PersonaFileError
from valis_site.serving.first_start import fill_when_empty

pytestmark = pytest.mark.django_db
GOOD = {"name": "A", "question": "B", "reply": "C"}


def file_with(dialogues) -> bytes:
    whole = {"spec": "valis_persona", "persona": {"name": "Wren"}, "golden_dialogues": dialogues}
    return json.dumps(whole).encode()


@pytest.mark.both_databases
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_persona_s_own_file_carries_its_dialogues(form):
    load_shipped()
    mira = Persona.objects.get(slug="mira")

    came = import_persona(export_persona("mira", form=form, by=None).content, by=None).persona

    assert came.pk != mira.pk
    assert golden_dialogues(came) == golden_dialogues(mira)


def test_they_outlast_the_look_before_an_import():
    looked_at = read_file(file_with([GOOD]))
    assert read_file(as_payload(looked_at).encode()).dialogues == [GOOD]


def test_a_file_without_them_gives_a_persona_without_them():
    load_shipped()
    came = import_persona(export_persona("mira", form="card-v3", by=None).content, by=None).persona
    assert golden_dialogues(came) == ()
    assert "golden_dialogues" not in json.loads(export_persona(came.slug, form="json", by=None).content)


@pytest.mark.parametrize(
    ("dialogues", "problem"),
    [
        ({"name": "A"}, "Golden dialogues are a list."),
        ([GOOD] * 21, "21 dialogues; at most 20 are possible."),
        ([GOOD, GOOD], "“A” is the name of more than one dialogue."),
        (["A"], "Dialogue 1 must be names with values."),
        ([GOOD | {"mood": "good"}], "Dialogue 1: there is no key 'mood'"),
        ([GOOD | {"reply": 5}], "Dialogue 1, reply: it has the wrong kind of value."),
        ([GOOD | {"declines": "no"}], "Dialogue 1, declines: it has the wrong kind of value."),
        ([{"name": "A", "question": "B"}], "Dialogue 1, reply: This field cannot be blank."),
        ([GOOD | {"told": [{"role": "system", "text": "x"}]}], "Dialogue 1, told: Person and persona"),
        ([GOOD | {"told": [{"role": "user"}]}], "Dialogue 1, told: Line 1 must have"),
        ([GOOD | {"told": [{}] * 13}], "Dialogue 1, told: 13 lines; at most 12"),
        ([GOOD | {"markers": [5]}], "Dialogue 1, markers: Item 1 must be a text, not 5."),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(dialogues, problem):
    with pytest.raises(InvalidInput, match="golden_dialogues") as error:
        import_persona(file_with(dialogues), by=None)
    assert problem in error.value.message
    assert not Persona.objects.exists()


@pytest.mark.parametrize("content", ["- name: [", "nothing", "- name: A", "\x00"])
def test_a_broken_shipped_file_is_named(tmp_path, content):
    (tmp_path / "jane.yaml").write_text(content)
    with pytest.raises(PersonaFileError, match=r"^jane\.yaml: "):
        shipped_dialogues("jane", tmp_path)


@pytest.mark.parametrize("slug", ["nobody", "../shipped/jane"])
def test_a_name_without_a_file_has_none(slug):
    assert shipped_dialogues(slug) == []


def test_an_installation_from_before_gets_them_at_its_next_start():
    load_shipped()
    GoldenDialogueRow.objects.all().delete()
    own = Persona.objects.create(slug="robin", name="Robin")

    fill_when_empty()

    assert golden_dialogues(Persona.objects.get(slug="vera"))
    assert golden_dialogues(own) == ()


def test_where_some_were_kept_a_start_changes_nothing():
    load_shipped()
    GoldenDialogueRow.objects.exclude(persona__slug="jane").delete()
    fill_when_empty()
    assert set(GoldenDialogueRow.objects.values_list("persona__slug", flat=True)) == {"jane"}


@pytest.mark.parametrize("told", [[], [{"role": "user", "text": "a"}, {"role": "assistant", "text": "b"}]])
def test_plain_data_reads_back_as_it_was(told):
    dialogue = GoldenDialogue.from_json(GOOD | {"told": told, "markers": ["x"], "declines": True})
    stored = json.loads(json.dumps(dialogue.to_json()))
    assert GoldenDialogue.from_json(stored) == dialogue
