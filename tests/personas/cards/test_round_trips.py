"""What goes in comes out again: every field, known or not."""

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from personas.cards.reading import V2 as SPEC_V2
from personas.cards.reading import V3 as SPEC_V3
from personas.cards.services import export_persona, import_persona, prepare_import
from personas.cards.writing import as_card, yaml_of
from personas.loading import load_shipped
from personas.models import Persona
from personas.shipped_files import KEYS
from tests.personas.cards.examples import CARDS, V1, V2, V3, as_json, as_png, cards_of

pytestmark = pytest.mark.django_db


def brought_in(content: bytes) -> Persona:
    return import_persona(content, by=None).persona


def exported(persona: Persona, form: str) -> bytes:
    return export_persona(persona.slug, form=form, by=None).content


def values_of(persona: Persona) -> dict[str, Any]:
    return {name: getattr(persona, name) for name in KEYS if name != "slug"}


@pytest.mark.both_databases
@pytest.mark.parametrize(("card", "form"), [(V2, "card-v2"), (V3, "card-v3")], ids=["V2", "V3"])
def test_a_card_comes_out_as_it_came_in(card, form):
    out = exported(brought_in(as_json(card)), form)

    assert json.dumps(json.loads(out)) == json.dumps(json.loads(as_json(card)) | {})
    if form == "card-v2":
        assert json.loads(out) == card


def test_a_card_of_version_1_keeps_every_field_in_a_newer_one():
    data = json.loads(exported(brought_in(as_json(V1)), "card-v3"))["data"]

    assert {key: data[key] for key in V1} == V1
    assert (data["extensions"], data["alternate_greetings"], data["group_only_greetings"]) == ({}, [], [])


def test_a_newer_card_keeps_its_new_fields_in_an_older_one():
    card = json.loads(exported(brought_in(as_json(V3)), "card-v2"))

    assert (card["spec"], card["spec_version"]) == ("chara_card_v2", "2.0")
    assert card["data"] == V3["data"]


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_picture_holds_the_card_for_older_and_for_newer_tools(card):
    cards = cards_of(exported(brought_in(as_json(card)), "png"))

    assert (cards["chara"]["spec"], cards["ccv3"]["spec"]) == ("chara_card_v2", "chara_card_v3")
    again = brought_in(exported(Persona.objects.get(), "png"))
    assert cards_of(exported(again, "png"))["ccv3"] == cards["ccv3"]
    warns = "loaded as a Character Card V2" in cards["chara"]["data"]["creator_notes"]
    assert warns is (card is V3)


def test_the_picture_of_a_card_becomes_the_avatar_and_its_newer_card_counts():
    persona = brought_in(as_png(chara=V2, ccv3=V3))

    assert persona.picture_digest
    assert persona.nickname == "Wrennie"
    assert exported(persona, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_our_own_form_brings_every_field_back(form):
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    again = brought_in(exported(jane, form))

    assert values_of(again) == values_of(jane)
    assert (again.slug, again.is_active, again.is_shipped) == ("jane-2", False, False)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_our_own_form_keeps_the_card_and_the_picture(form):
    persona = brought_in(as_png(ccv3=V3))
    again = brought_in(exported(persona, form))

    assert json.loads(exported(again, "card-v3")) == V3
    assert again.picture_digest
    assert again.has_book


def test_what_cards_have_no_field_for_comes_back_by_our_extension():
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    again = brought_in(exported(jane, "card-v2"))

    lost = {"position", "cascade", "daily_token_cap", "daily_cost_cap_usd"}
    kept = {name: value for name, value in values_of(jane).items() if name not in lost}
    assert {name: getattr(again, name) for name in kept} == kept


def test_only_what_was_changed_here_is_written_anew():
    persona = brought_in(as_json(V2))
    persona.tone = "gruff"
    persona.role = "Keeper"
    persona.background = persona.background.replace("\n", "\r\n") + " "  # as a browser's form sends it
    persona.save()

    card = json.loads(exported(persona, "card-v2"))
    expected = deepcopy(V2)
    expected["data"]["personality"] = "gruff"
    expected["data"]["extensions"]["valis"] = {"role": "Keeper"}
    assert card == expected


def test_a_new_name_is_written_wherever_the_card_has_one():
    persona = brought_in(as_json(V2))
    persona.name = "Heron"
    persona.save()

    card = json.loads(exported(persona, "card-v2"))
    assert (card["name"], card["data"]["name"]) == ("Heron", "Heron")


# YAML takes no other control characters, and neither do texts of a persona.
plain = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=8,
)
entries = st.dictionaries(st.sampled_from(["keys", "content", "use_regex"]), anything)
datas = st.fixed_dictionaries(
    {"name": plain.filter(str.strip)},
    optional={
        **dict.fromkeys(("description", "first_mes", "personality", "system_prompt"), plain | anything),
        "tags": st.lists(plain, max_size=4) | anything,
        "extensions": st.dictionaries(plain, anything, max_size=3),
        "character_book": st.fixed_dictionaries({"entries": st.lists(entries)}) | anything,
        "something_new": anything,
    },
)


@given(datas, st.sampled_from([SPEC_V2, SPEC_V3]))
def test_any_card_survives_a_round_trip(data, spec):
    card = {"spec": spec, "spec_version": spec[-1] + ".0", "data": data}
    prepared = prepare_import(as_json(card))

    written = as_card(prepared.persona, prepared.incoming.card, spec)
    assert {key: written["data"][key] for key in data} == data
    assert yaml.safe_load(yaml_of(card)) == card
