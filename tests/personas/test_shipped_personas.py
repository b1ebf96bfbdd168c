from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from core.errors import NotFound
from personas.loading import load_shipped, reset_to_shipped
from personas.models import Persona
from personas.shipped_files import SHIPPED, PersonaFileError, read_shipped, shipped_defaults


def run(*arguments) -> str:
    output = StringIO()
    call_command("load_personas", *arguments, stdout=output)
    return output.getvalue()


def folder_with(tmp_path, **changes) -> Path:
    """A folder with one file, Jane's, changed; `None` takes a key away."""
    values = shipped_defaults("jane") | changes
    kept = {key: value for key, value in values.items() if value is not None}
    (tmp_path / "jane.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
    return tmp_path


def test_jane_comes_first_then_sam_and_alex_and_at_least_three_more():
    slugs = [values["slug"] for values in read_shipped()]
    assert slugs[:3] == ["jane", "sam", "alex"]
    assert len(slugs) >= 6


def test_every_shipped_persona_is_complete_and_looks_and_sounds_different():
    shipped = read_shipped()
    for key in ("colour", "tone", "greeting", "role", "description"):
        assert len({values[key] for values in shipped}) == len(shipped), key
    for values in shipped:
        assert len(values["common_phrases"]) >= 6
        assert all(values[key] for key in ("topics", "quirks", "background", "example_dialogue", "traits"))
        assert values["temperature"] is not None
    phrases = [phrase for values in shipped for phrase in values["common_phrases"]]
    assert len(set(phrases)) == len(phrases)


def test_loading_creates_what_is_missing_and_is_safe_to_run_again(db):
    first, again = load_shipped(), load_shipped()
    assert first.created == tuple(values["slug"] for values in read_shipped())
    assert again.created == ()
    assert again.kept == first.created
    assert Persona.objects.filter(is_shipped=True).count() == len(first.created)


def test_loading_keeps_what_staff_changed_unless_told_otherwise(db):
    load_shipped()
    Persona.objects.filter(slug="jane").update(tone="loud", cascade=["local"], is_active=False)
    load_shipped()
    assert Persona.objects.get(slug="jane").tone == "loud"
    assert "jane" in load_shipped(overwrite=True).reset
    jane = Persona.objects.get(slug="jane")
    assert jane.tone == shipped_defaults("jane")["tone"]
    assert jane.cascade == []
    assert not jane.is_active


def test_loading_leaves_a_persona_of_ones_own_with_a_shipped_name_alone(db):
    Persona.objects.create(slug="jane", name="Another Jane")
    load_shipped()
    assert Persona.objects.get(slug="jane").name == "Another Jane"


def test_a_reset_keeps_the_picture_and_brings_back_what_was_deleted(db):
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    jane.set_picture(b"webp")
    jane.name = "Changed"
    jane.save()
    assert bytes(reset_to_shipped("jane").picture) == b"webp"
    assert Persona.objects.get(slug="jane").name == "Jane"
    Persona.objects.filter(slug="sam").delete()
    reset_to_shipped("sam")
    assert Persona.objects.get(slug="sam").is_shipped


@pytest.mark.parametrize("slug", ["nobody", "../shipped/jane", ""])
def test_only_a_shipped_persona_has_defaults(slug):
    with pytest.raises(NotFound):
        shipped_defaults(slug)


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"temperature": 2}, "jane.yaml, temperature", "between 0.0 and 1.0"),
        ({"epithet": "J"}, "jane.yaml, epithet", "no such key"),
        ({"greeting": None}, "jane.yaml, greeting", "missing or empty"),
        ({"name": 5}, "jane.yaml, name", "must be a text"),
        ({"slug": "joan"}, "jane.yaml, slug", "the file's own name"),
        ({"topics": {"books": 1}}, "jane.yaml, topics", "must be a list"),
        ({"traits": {"warmth": 900}}, "jane.yaml, traits", "from 0 to 100"),
        ({"position": "first"}, "jane.yaml, position", "integer"),
    ],
)
def test_a_broken_file_is_named_with_its_key_and_nothing_is_written(db, tmp_path, changes, where, what):
    with pytest.raises(PersonaFileError) as error:
        load_shipped(folder=folder_with(tmp_path, **changes))
    assert error.value.message.startswith(f"{where}: ")
    assert what in error.value.message
    assert not Persona.objects.exists()


@pytest.mark.parametrize("content", [b"- a list", b"a: [", b"\xff\xfe", b""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, content):
    (tmp_path / "jane.yaml").write_bytes(content)
    with pytest.raises(PersonaFileError, match=r"^jane\.yaml: "):
        read_shipped(tmp_path)


def test_the_command_loads_and_resets(db):
    assert run().startswith("created: jane, sam, alex")
    assert run().startswith("kept: jane, sam, alex")
    Persona.objects.update(tone="loud")
    assert run("--reset", "sam") == "reset: sam\n"
    assert Persona.objects.get(slug="sam").tone != "loud"
    assert Persona.objects.get(slug="jane").tone == "loud"
    assert run("--reset-all").startswith("reset: jane, sam, alex")
    assert not Persona.objects.filter(tone="loud").exists()


def test_the_command_says_when_there_is_nothing_to_reset(db):
    with pytest.raises(CommandError, match="nobody"):
        run("--reset", "nobody")


def test_nothing_writes_into_the_shipped_files(db):
    before = {path: path.read_bytes() for path in SHIPPED.iterdir()}
    run()
    run("--reset-all")
    assert {path: path.read_bytes() for path in SHIPPED.iterdir()} == before
