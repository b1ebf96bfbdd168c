from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from personas.loading import load_shipped
from personas.models import Persona
from personas.selectors import get_active_persona
from providers.models import EngineSettings, Provider
from tests.personas.conftest import picture_bytes
from usage.models import Call

LIST = reverse("admin:personas_persona_changelist")
ADD = reverse("admin:personas_persona_add")
FORM = {
    "name": "Robin",
    "role": "Beekeeper",
    "position": "50",
    "colour": "amber",
    "tone": "dry",
    "common_phrases": "The bees know.\r\n\r\n  Slowly now. \r\n",
    "traits": "patience: 90\r\ncreativity: 0",
    "temperature": "0.5",
    "is_active": "on",
}


def edit(persona) -> str:
    return reverse("admin:personas_persona_change", args=[persona.pk])


def errors(answer) -> dict:
    return dict(answer.context["adminform"].form.errors)


def test_staff_make_a_persona_with_one_item_per_line(staff):
    assert staff.post(ADD, FORM | {"slug": "robin"}).status_code == 302
    robin = Persona.objects.get(slug="robin")
    assert robin.common_phrases == ["The bees know.", "Slowly now."]
    assert robin.traits == {"patience": 90, "creativity": 0}
    assert (robin.topics, robin.cascade, robin.max_tokens) == ([], [], None)


def test_a_new_persona_has_no_prompt_to_show_yet(staff):
    assert "Save the persona to see the prompt it makes." in staff.get(ADD).content.decode()


def test_the_form_shows_what_it_saved_and_the_prompt_with_its_tokens(staff, robin):
    page = staff.get(edit(robin)).content.decode()
    assert 'name="traits-patience" min="0" max="100" step="1" value="90"' in page
    assert "The bees know." in page
    assert "You are Robin Hale, Beekeeper." in page
    assert "tokens, as saved." in page


def test_saving_unchanged_lists_is_no_change(staff, robin):
    form = staff.get(edit(robin)).context["adminform"].form
    shown = {name: form[name].value() for name in ("common_phrases", "topics", "quirks", "traits", "cascade")}
    for name, value in shown.items():
        assert not form.fields[name].has_changed(form.initial[name], value), name


def test_a_save_changes_what_the_next_reply_uses(staff, robin):
    staff.post(edit(robin), FORM | {"tone": "warm"})
    assert get_active_persona("robin").snapshot().tone == "warm"


def test_the_slug_stays_once_chosen(staff, robin):
    staff.post(edit(robin), FORM | {"slug": "other"})
    robin.refresh_from_db()
    assert robin.slug == "robin"


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("traits", "patience 90", "“patience 90” must look like “creativity: 70”."),
        ("traits", "patience: 900", "patience must be a whole number from 0 to 100, not 900."),
        ("traits", "patience: 1\npatience: 2", "patience is there twice."),
        ("common_phrases", "same\nsame", "“same” is in the list more than once."),
        ("topics", "x" * 201, "Item 1 has 201 characters; at most 200 are possible."),
        ("temperature", "1.5", "It must be between 0.0 and 1.0, not 1.5."),
    ],
)
def test_a_line_that_cannot_be_used_is_explained(staff, robin, field, text, message):
    answer = staff.post(edit(robin), FORM | {field: text})
    assert errors(answer) == {field: [message]}


def test_a_cascade_may_only_name_providers_there_are(staff, robin):
    Provider.objects.all().delete()
    Provider.objects.create(name="local", kind="openai")
    refused = staff.post(edit(robin), FORM | {"cascade": "elsewhere gpt"})
    assert errors(refused) == {"cascade": ["There is no provider “elsewhere”. Known: local."]}
    staff.post(edit(robin), FORM | {"cascade": "local   llama-3\nlocal"})
    robin.refresh_from_db()
    assert robin.cascade == ["local llama-3", "local"]


def test_a_picture_is_uploaded_shown_and_removed(staff, robin):
    upload = SimpleUploadedFile("me.png", picture_bytes(), "image/png")
    assert staff.post(edit(robin), FORM | {"picture_upload": upload}).status_code == 302
    robin.refresh_from_db()
    assert robin.avatar_url in staff.get(edit(robin)).content.decode()
    assert staff.get(robin.avatar_url).content.startswith(b"RIFF")
    staff.post(edit(robin), FORM)
    robin.refresh_from_db()
    assert robin.avatar_url
    staff.post(edit(robin), FORM | {"picture_upload-clear": "on"})
    robin.refresh_from_db()
    assert robin.avatar_url == ""


def test_a_picture_that_is_none_is_explained(staff, robin):
    upload = SimpleUploadedFile("me.png", b"no picture", "image/png")
    answer = staff.post(edit(robin), FORM | {"picture_upload": upload})
    assert "This is not a picture VALIS can read." in errors(answer)["picture_upload"][0]


def test_the_list_shows_every_persona_with_initials_or_picture(staff, robin):
    assert ">\n            RH\n" in staff.get(LIST).content.decode()
    robin.set_picture(b"webp")
    robin.save()
    assert robin.avatar_url in staff.get(LIST).content.decode()


def test_staff_reset_chosen_personas_from_the_list(staff, robin):
    load_shipped()
    Persona.objects.update(tone="loud")
    chosen = {"_selected_action": list(Persona.objects.values_list("pk", flat=True))}
    page = staff.post(LIST, {"action": "reset_chosen"} | chosen, follow=True).content.decode()
    assert list(Persona.objects.filter(tone="loud")) == [robin]
    assert "Jane is as shipped again." in page
    assert "No persona named &#x27;robin&#x27; came with VALIS." in page


def test_a_reset_from_the_form_asks_first(staff, db):
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    Persona.objects.update(tone="loud")
    url = reverse("admin:personas_persona_reset_this", args=[jane.pk])
    assert "Reset to the shipped defaults?" in staff.get(url).content.decode()
    assert Persona.objects.filter(slug="jane", tone="loud").exists()
    answer = staff.post(url, {"_form_submitted": "on"})
    assert answer["HX-Redirect"] == edit(jane)
    assert not Persona.objects.filter(slug="jane", tone="loud").exists()


def test_a_shipped_persona_is_made_inactive_not_deleted(staff, robin):
    load_shipped()
    jane = Persona.objects.get(slug="jane")
    assert staff.post(reverse("admin:personas_persona_delete", args=[jane.pk])).status_code == 403
    assert (
        staff.post(reverse("admin:personas_persona_delete", args=[robin.pk]), {"post": "yes"}).status_code
        == 302
    )
    assert Persona.objects.filter(slug="jane").exists()
    assert not Persona.objects.filter(slug="robin").exists()


def test_somebody_who_is_no_staff_gets_nowhere(alice, robin):
    assert alice.get(LIST).status_code == 302
    assert alice.post(edit(robin), FORM).status_code == 302
    robin.refresh_from_db()
    assert robin.name == "Robin Hale"


def test_sliders_rows_and_choices_are_saved_as_what_they_say(staff, robin):
    Provider.objects.create(name="local", kind="openai")
    panel = {
        "slug": "robin",
        "traits": "punctuality: 70",
        "traits-has-warmth": "yes",
        "traits-warmth": "88",
        "traits-shyness": "10",
        "temperature-from": "general",
        "daily_cost_cap_usd-from": "own",
        "daily_cost_cap_usd": "0.25",
        "daily_token_cap-from": "general",
        "daily_token_cap": "5",
        "cascade-provider": ["local", "", "local"],
        "cascade-model": ["llama-3", "ignored", ""],
    }
    assert staff.post(edit(robin), FORM | panel).status_code == 302
    robin.refresh_from_db()

    assert robin.traits == {"warmth": 88, "punctuality": 70}
    assert (robin.temperature, robin.daily_token_cap, robin.daily_cost_cap_usd) == (None, None, 0.25)
    assert robin.cascade == ["local llama-3", "local"]


@pytest.mark.parametrize(
    ("field", "value"), [("daily_token_cap", "-1"), ("daily_cost_cap_usd", "nan"), ("temperature", "1.1")]
)
def test_what_no_slider_gives_is_refused_at_its_field(staff, robin, field, value):
    refused = staff.post(edit(robin), FORM | {f"{field}-from": "own", field: value})

    assert list(errors(refused)) == [field]
    assert value in refused.content.decode()


def test_the_panel_shows_the_caps_in_force_where_the_persona_has_none(staff, robin):
    EngineSettings(daily_token_cap=4321, daily_cost_cap_usd=0.5).save()
    page = staff.get(edit(robin)).content.decode()

    assert "Default (global): 4,321" in page
    assert "Default (global): $0.50" in page


def test_the_panel_shows_beside_the_caps_what_was_used_of_them_today(staff, robin):
    EngineSettings(daily_cost_cap_usd=0.5).save()
    Persona.objects.filter(pk=robin.pk).update(daily_token_cap=4321)
    values = {"purpose": "chat", "provider": "any", "kind": "openai", "outcome": "answered"}
    Call.objects.create(**values, persona=robin, tokens_in=900, tokens_out=334, cost_usd=Decimal("0.25"))

    assert "1,234 of 4,321 tokens, $0.25 of $0.50" in staff.get(edit(robin)).content.decode()
