import json
import re

import pytest
from django.core.exceptions import ValidationError

from personas.choices import AvatarColour
from personas.models import Persona
from personas.snapshots import NEUTRAL_SNAPSHOT, PersonaSnapshot
from providers.calls import NEUTRAL_VOICE


def problem_with(field, value) -> str:
    """The message a person gets for this value of this field."""
    persona = Persona(slug="robin", name="Robin", **({field: value} if field not in ("slug", "name") else {}))
    setattr(persona, field, value)
    with pytest.raises(ValidationError) as error:
        persona.full_clean(validate_unique=False)
    assert set(error.value.message_dict) == {field}
    return " ".join(error.value.message_dict[field])


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Jane", "J"),
        ("Robin Hale", "RH"),
        ("Ana María de la Vega", "AV"),
        ("  'Tis  Me ", "TM"),
        ("ßeta", "S"),
        ("李 明", "李明"),
        ("🤖", "R"),
    ],
)
def test_initials_are_one_or_two_letters(name, initials):
    assert Persona(slug="robin", name=name).initials == initials


def test_there_are_ten_avatar_colours_with_names_that_fit_a_css_class():
    assert len(AvatarColour.values) == 10
    assert all(re.fullmatch("[a-z]+", colour) for colour in AvatarColour.values)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "a\nb", "single line"),
        ("name", "x" * 61, "at most 60"),
        ("slug", "not a slug", "letters, numbers"),
        ("colour", "pink", "not a valid choice"),
        ("tone", "x" * 4001, "at most 4000"),
        ("background", "nul \x00", "U+0000"),
        ("greeting", "half \ud800", "U+D800"),
        ("common_phrases", "one", "must be a list of texts, not a text"),
        ("common_phrases", ["one", 2], "Item 2 must be a text"),
        ("common_phrases", ["one", " "], "Item 2 is empty"),
        ("common_phrases", ["one", "one"], "more than once"),
        ("common_phrases", ["x" * 201], "at most 200"),
        ("common_phrases", {}, "must be a list"),
        ("topics", [f"topic {number}" for number in range(41)], "at most 40"),
        ("quirks", ["two\nlines"], "single line"),
        ("traits", {"creativity": 101}, "from 0 to 100, not 101"),
        ("traits", {"creativity": True}, "from 0 to 100"),
        ("traits", {"creativity": "70"}, "from 0 to 100"),
        ("traits", {"": 5}, "no trait name"),
        ("traits", ["creativity"], "names with numbers"),
        ("temperature", 1.1, "between 0.0 and 1.0"),
        ("temperature", float("nan"), "between 0.0 and 1.0"),
        ("max_tokens", 0, "greater than or equal to 1"),
        ("cascade", ["one two three"], "a provider's name, or its name and a model"),
        ("cascade", ["-dash"], "a provider's name"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_reason(field, value, message):
    assert message in problem_with(field, value)


def test_ordinary_values_are_accepted():
    persona = Persona(
        slug="robin",
        name="Robin",
        tone="dry",
        common_phrases=["The bees know."],
        traits={"patience": 0, "creativity": 100},
        temperature=0.0,
        max_tokens=1,
        cascade=["anthropic claude-x", "local"],
    )
    persona.full_clean(validate_unique=False)


def test_a_snapshot_survives_being_stored_as_json(robin):
    robin.temperature = 0.4
    robin.cascade = ["local llama"]
    stored = json.loads(json.dumps(robin.snapshot().to_json()))
    assert PersonaSnapshot.from_json(stored) == robin.snapshot()


def test_a_snapshot_of_another_version_can_still_be_read():
    stored = {"slug": "robin", "name": "Robin", "added_later": [1, 2]}
    assert PersonaSnapshot.from_json(stored) == PersonaSnapshot(slug="robin", name="Robin")


def test_a_snapshot_keeps_what_was_true_when_it_was_taken(robin):
    before = robin.snapshot()
    robin.common_phrases.append("Later.")
    robin.tone = "loud"
    assert before.common_phrases == ("The bees know.",)
    assert before.tone == "dry and patient"


def test_the_voice_of_a_snapshot_is_the_personas_own(robin):
    voice = robin.snapshot().voice
    assert (voice.slug, voice.name, voice.role) == ("robin", "Robin Hale", "Beekeeper")
    assert (voice.common_phrases, voice.quirks, voice.topics) == (("The bees know.",), ("hums",), ("bees",))


def test_the_neutral_snapshot_has_the_neutral_voice():
    assert NEUTRAL_SNAPSHOT.voice == NEUTRAL_VOICE


def test_lists_of_personas_do_not_load_pictures(robin, django_assert_num_queries):
    robin.set_picture(b"webp")
    robin.save()
    with django_assert_num_queries(1):
        assert [persona.avatar_url for persona in Persona.objects.all()] == [robin.avatar_url]
    assert "picture" in Persona.objects.get().get_deferred_fields()


def test_saving_a_listed_persona_keeps_its_picture(robin):
    robin.set_picture(b"webp")
    robin.save()
    listed = Persona.objects.get()
    listed.tone = "warm"
    listed.save()
    assert bytes(Persona.objects.get().picture) == b"webp"


def test_another_picture_has_another_address(robin):
    assert robin.avatar_url == ""
    robin.set_picture(b"one")
    first = robin.avatar_url
    robin.set_picture(b"two")
    assert first.startswith("/personas/robin/avatar?v=")
    assert robin.avatar_url != first
    robin.set_picture(b"")
    assert robin.avatar_url == ""
