"""Staff see and change the lorebook of a persona, entry by entry."""

import json

import pytest
from django.urls import reverse

from accounts.audit.models import AuditEntry
from personas import limits
from personas.cards.editing import digest_of, entries_of, save_entry
from personas.cards.services import export_persona, import_persona
from personas.models import Card, Persona
from personas.prompting import prompt_preview
from tests.personas.cards.examples import V2, as_json

pytestmark = pytest.mark.django_db
ENTRY = {
    "content": "The bell rings by itself.",
    "keys": "bell\r\nchime",
    "secondary_keys": "",
    "insertion_order": "5",
    "priority": "",
    "position": "after_char",
    "enabled": "on",
}


@pytest.fixture
def wren() -> Persona:
    return import_persona(as_json(V2), by=None).persona


@pytest.fixture
def editor(staff):
    return staff


def page(persona, *more) -> str:
    return reverse(f"admin:personas_persona_{'entry' if more else 'lorebook'}", args=[persona.pk, *more])


def new(persona) -> str:
    return reverse("admin:personas_persona_new_entry", args=[persona.pk])


def seen(persona) -> dict[str, str]:
    return {"seen": digest_of(entries_of(persona))}


def told(persona, message: str) -> str:
    return prompt_preview(Persona.objects.get(pk=persona.pk), message=message)[0]


def problems(answer) -> dict[str, list[str]]:
    return dict(answer.context["form"].errors)


@pytest.mark.both_databases
def test_an_entry_that_is_added_is_used_by_the_next_reply(editor, wren) -> None:
    assert editor.post(new(wren), ENTRY | seen(wren)).status_code == 302

    assert "The bell rings by itself." in told(wren, "Was that a chime?")
    assert "The bell rings by itself." not in told(wren, "Nothing.")


def test_an_entry_shows_what_the_card_has_and_keeps_what_the_form_has_not(editor, wren) -> None:
    form = editor.get(page(wren, 1)).context["form"]
    assert form.initial["keys"] == ["lamp", "lens"]
    entry = entries_of(wren)[0]

    editor.post(page(wren, 1), ENTRY | {"name": "bell"} | seen(wren))

    changed = entries_of(wren)[0]
    assert (changed["keys"], changed["content"]) == (["bell", "chime"], "The bell rings by itself.")
    assert (changed["id"], changed["extensions"]) == (entry["id"], entry["extensions"])


def test_an_entry_that_is_removed_is_gone_from_prompt_and_export(editor, wren) -> None:
    count = len(entries_of(wren))
    editor.post(page(wren, 1), {"remove": "1"} | seen(wren))

    card = json.loads(export_persona(wren.slug, form="card-v2", by=None).content)
    assert len(card["data"]["character_book"]["entries"]) == count - 1
    assert "lamp was built" not in told(wren, "the lamp mother built")


def test_one_that_is_switched_off_is_kept_and_not_used(editor, wren) -> None:
    editor.post(new(wren), {**ENTRY, "enabled": ""} | seen(wren))

    assert entries_of(wren)[-1]["enabled"] is False
    assert "The bell" not in told(wren, "the bell")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("keys", "", "never be used"),
        ("keys", "x" * (limits.BOOK_KEY + 1), "at most 200"),
        ("content", "", "required"),
        ("content", "x" * (limits.BOOK_CONTENT + 1), "at most"),
        ("content", "nul \x01", "cannot be stored"),
    ],
)
def test_what_could_not_be_used_is_refused_in_words(editor, wren, field, value, reason) -> None:
    before = entries_of(wren)
    answer = editor.post(new(wren), {**ENTRY, field: value} | seen(wren))

    assert answer.status_code == 400
    assert reason in " ".join(problems(answer)[field])
    assert entries_of(wren) == before


def test_a_pattern_of_more_than_a_few_words_is_refused(editor, wren) -> None:
    answer = editor.post(new(wren), {**ENTRY, "keys": "(a+)+$", "use_regex": "on"} | seen(wren))

    assert "more than a few words" in problems(answer)["keys"][0]


def test_who_was_slower_overwrites_nothing(editor, wren) -> None:
    known = seen(wren)
    editor.post(new(wren), ENTRY | known)
    entries = entries_of(wren)

    answer = editor.post(page(wren, 1), {"remove": "1"} | known, follow=True)

    assert "Somebody else has changed this lorebook" in answer.content.decode()
    assert entries_of(wren) == entries


def test_an_earlier_version_can_be_taken_back(editor, wren) -> None:
    before = entries_of(wren)
    editor.post(page(wren, 1), {"remove": "1"} | seen(wren))
    versions = Card.history.filter(persona_id=wren.pk)
    assert versions[0].history_change_reason == "removed entry 1"

    editor.post(page(wren), {"version": str(versions[1].history_id)})

    assert entries_of(wren) == before
    assert "Restore" in editor.get(page(wren)).content.decode()


def test_a_persona_that_was_made_here_can_have_one_too(editor, robin) -> None:
    editor.post(new(robin), ENTRY | seen(robin))

    assert "The bell rings by itself." in told(robin, "a bell")
    card = json.loads(export_persona(robin.slug, form="card-v3", by=None).content)
    assert card["data"]["name"] == "Robin Hale"
    assert card["data"]["character_book"]["entries"][0]["keys"] == ["bell", "chime"]


def test_without_entries_there_is_no_book(editor, robin) -> None:
    editor.post(new(robin), ENTRY | seen(robin))
    editor.post(page(robin, 1), {"remove": "1"} | seen(robin))

    assert not Persona.objects.get(pk=robin.pk).has_book


def test_every_change_is_in_the_audit_log(editor, wren) -> None:
    editor.post(new(wren), ENTRY | seen(wren))

    entry = AuditEntry.objects.get(action="persona.lorebook_changed")
    assert (entry.actor, entry.details["what"]) == ("staff", "added entry 4")


def test_those_who_may_not_edit_personas_change_nothing(as_user, vic, charlie, wren) -> None:
    before = entries_of(wren)
    for person in (vic, charlie):
        answers = [as_user(person).get(page(wren)), as_user(person).post(new(wren), ENTRY | seen(wren))]
        assert all(answer.status_code in (302, 403) for answer in answers)
    assert entries_of(wren) == before


def test_more_entries_than_a_book_may_have_are_refused(wren, monkeypatch) -> None:
    monkeypatch.setattr(limits, "BOOK_ENTRIES", 3)

    with pytest.raises(Exception, match="3 entries at most"):
        save_entry(wren, at=None, values={"keys": ["x"], "content": "y"}, seen="", by=None)
