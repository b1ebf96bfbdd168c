"""Versions of personas: who changed what, and back to any of them."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.audit.models import AuditEntry
from personas.loading import reset_to_shipped
from personas.models import Persona
from tests.personas.conftest import picture_bytes
from tests.personas.test_persona_admin import edit

pytestmark = pytest.mark.django_db


def history_of(persona: Persona) -> str:
    return reverse("admin:personas_persona_history", args=[persona.pk])


def version(persona: Persona, number: int) -> str:
    """Address of a version by its age: 0 is the present one."""
    kept = persona.history.all()[number]
    return reverse("admin:personas_persona_simple_history", args=[persona.pk, kept.pk])


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What the form at this address would send, with changes."""
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if name != "picture_upload"}
    shown = {name: value for name, value in values.items() if value not in (None, False)}
    return shown | changes


def test_each_change_is_a_version_that_says_who_made_it(staff, robin) -> None:
    staff.post(edit(robin), filled(staff, edit(robin), tone="icy"))
    newest, first = robin.history.all()

    assert (newest.tone, newest.history_user.username, newest.history_type) == ("icy", "staff", "~")
    assert (first.tone, first.history_type) == ("dry and patient", "+")


def test_the_page_of_versions_shows_what_was_changed(staff, robin) -> None:
    staff.post(edit(robin), filled(staff, edit(robin), tone="icy", role="Diver"))
    page = staff.get(history_of(robin)).content.decode()

    assert all(text in page for text in ("icy", "Diver", "Beekeeper", "staff"))


def test_an_earlier_version_is_put_back_and_the_audit_log_says_so(staff, robin) -> None:
    before = robin.tone
    staff.post(edit(robin), filled(staff, edit(robin), tone="icy"))
    kept = robin.history.last()
    answer = staff.post(version(robin, 1), filled(staff, version(robin, 1)))
    robin.refresh_from_db()
    entry = AuditEntry.objects.latest("pk")

    assert answer.status_code == 302
    assert robin.tone == before
    assert robin.history.count() == 3
    assert (entry.action, entry.details["note"]) == ("persona.changed", f"Restored version {kept.pk}.")


def test_what_is_put_back_is_checked_like_any_other_change(staff, robin) -> None:
    robin.history.update(traits={"patience": 900})
    answer = staff.post(version(robin, 0), filled(staff, version(robin, 0)))

    assert "whole number from 0 to 100" in str(answer.context["adminform"].form.errors)
    assert robin.history.count() == 1


def test_who_may_only_look_puts_nothing_back(bob, as_user, robin) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="read_prompts"))
    reader = as_user(bob)

    assert reader.get(history_of(robin)).status_code == 200
    assert reader.post(version(robin, 0), {}).status_code == 403
    assert robin.history.count() == 1


def test_others_see_no_versions(vic, as_user, robin) -> None:
    vic.is_staff = True
    vic.save()

    assert as_user(vic).get(history_of(robin)).status_code == 403
    assert as_user(vic).get(version(robin, 0)).status_code == 403


def test_a_picture_is_in_no_version_and_stays_when_one_is_put_back(staff, robin) -> None:
    robin.set_picture(picture_bytes())
    robin.save()
    staff.post(version(robin, 1), filled(staff, version(robin, 1)))
    after = Persona.objects.defer(None).get(pk=robin.pk)

    assert not hasattr(robin.history.first(), "picture")
    assert (bytes(after.picture), after.picture_digest) == (bytes(robin.picture), robin.picture_digest)


def test_a_reset_is_a_version_like_any_other(jane) -> None:
    reset_to_shipped("jane")

    assert jane.history.first().history_change_reason == "reset to shipped defaults"


def test_a_persona_from_before_there_were_versions_has_its_present_one(robin) -> None:
    robin.history.all().delete()
    importlib.import_module("personas.migrations.0004_first_versions").keep_present_version(apps, None)

    assert robin.history.get().tone == robin.tone


@pytest.mark.parametrize("page", ["history", "open_lorebook"])
@pytest.mark.parametrize("number", ["abc", "%00"])
def test_what_is_no_number_of_a_persona_is_not_found(staff, page, number) -> None:
    assert staff.get(f"/admin/personas/persona/{number}/{page}/").status_code == 404
