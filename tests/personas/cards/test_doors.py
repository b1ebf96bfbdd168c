"""Bringing personas in and out: over the API, in admin, on the command line."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.audit.models import AuditEntry
from core.events import ignore, listen
from personas.models import Persona
from personas.selectors import get_active_persona
from tests.personas.cards.examples import V2, V3, as_json, as_png, cards_of

pytestmark = pytest.mark.django_db
IMPORT = reverse("admin:personas_persona_import")
BAD = b'{"spec": "chara_card_v2"}'


def a_file(content=None, name="wren.json"):
    return SimpleUploadedFile(name, as_json(V2) if content is None else content)


def change_page(persona):
    return reverse("admin:personas_persona_change", args=[persona.pk])


@pytest.fixture
def path_of(tmp_path):
    def write(card):
        path = tmp_path / "card.json"
        path.write_bytes(as_json(card))
        return str(path)

    return write


@pytest.fixture
def editor(dora, as_user):
    return as_user(dora)


@pytest.mark.both_databases
def test_a_developer_brings_a_card_in_over_the_api_and_it_does_not_speak_yet(editor):
    answer = editor.post("/api/personas/import", {"file": a_file(as_png(ccv3=V3), "wren.png")})

    assert answer.status_code == 201
    assert answer.json()["id"] == "wren"
    assert answer.json()["report"]["form"] == "chara_card_v3"
    persona = Persona.objects.get(slug="wren")
    assert (persona.is_active, persona.is_quoted, persona.has_book) == (False, True, True)
    assert [each["id"] for each in editor.get("/api/personas").json()] == []


def test_a_dry_run_reports_and_saves_nothing(editor):
    answer = editor.post("/api/personas/import?dry_run=true", {"file": a_file()})

    assert (answer.status_code, answer.json()["is_saved"]) == (200, False)
    assert answer.json()["report"]["total_tokens"] > 0
    assert not Persona.objects.exists()
    assert not AuditEntry.objects.filter(action="persona.imported").exists()


def test_a_broken_file_is_refused_in_the_form_of_every_error(editor):
    answer = editor.post("/api/personas/import", {"file": a_file(BAD)})
    assert (answer.status_code, answer.json()["code"]) == (400, "card_unreadable")
    large = editor.post("/api/personas/import", {"file": a_file(b" " * (5 * 1024 * 1024 + 1))})
    assert (large.status_code, large.json()["code"]) == (413, "card_too_large")


def test_a_second_persona_of_the_same_name_gets_a_name_of_its_own_in_addresses(editor):
    ids = [editor.post("/api/personas/import", {"file": a_file()}).json()["id"] for _ in range(3)]
    assert ids == ["wren", "wren-2", "wren-3"]


def test_exports_are_files_that_other_tools_read(editor):
    editor.post("/api/personas/import", {"file": a_file()})
    answer = editor.get("/api/personas/wren/export?form=png")

    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="wren.png"'
    assert cards_of(answer.content)["chara"] == V2
    assert json.loads(editor.get("/api/personas/wren/export?form=card-v2").content) == V2
    assert editor.get("/api/personas/nobody/export").status_code == 404
    assert editor.get("/api/personas/wren/export?form=docx").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_what_comes_and_goes_is_in_the_audit_log_and_staff_hear_of_it(editor):
    told = []

    def listener(kind, facts):
        told.append((kind, facts.get("name")))

    listen(listener)
    try:
        editor.post("/api/personas/import", {"file": a_file()})
    finally:
        ignore(listener)
    editor.get("/api/personas/wren/export")

    assert ("persona_added", "Wren") in told
    noted = AuditEntry.objects.filter(target="Wren").order_by("pk").values_list("action", "actor", "target")
    assert list(noted) == [("persona.imported", "dora", "Wren"), ("persona.exported", "dora", "Wren")]


def test_staff_see_the_report_before_anything_is_saved(staff):
    page = staff.post(IMPORT, {"file": a_file(as_json(V3))})

    assert page.status_code == 200
    assert "https://example.org/sea.png" in page.content.decode()
    assert not Persona.objects.exists()

    payload = page.context["form"].initial["payload"]
    saved = staff.post(IMPORT, {"payload": payload, "save": "1"})
    wren = Persona.objects.get()
    assert saved["Location"] == change_page(wren)
    assert json.loads(wren.card.original) == V3
    assert "https://example.org/sea.png" in staff.get(change_page(wren)).content.decode()


def test_staff_let_an_imported_persona_speak_and_stand_behind_its_words(staff, path_of):
    call_command("persona_cards", "import", path_of(V2))
    wren = Persona.objects.get()
    form = staff.get(change_page(wren)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    posted = {name: value for name, value in values.items() if value not in (None, False)}

    staff.post(change_page(wren), posted | {"is_active": "on", "is_quoted": ""})

    snapshot = get_active_persona("wren").snapshot()
    assert not snapshot.is_quoted
    assert snapshot.system_prompt == "Write as {{char}}. {{original}}"


def test_a_file_that_cannot_be_read_is_said_next_to_it(staff):
    page = staff.post(IMPORT, {"file": a_file(BAD)})
    assert page.status_code == 400
    assert "The card has no “data”." in page.content.decode()
    assert staff.post(IMPORT, {}).status_code == 400


def test_who_may_not_edit_personas_may_not_bring_any_in(vic, as_user):
    vic.is_staff = True
    vic.save()
    assert as_user(vic).get(IMPORT).status_code == 403
    assert as_user(vic).post(IMPORT, {"file": a_file()}).status_code == 403


def test_chosen_personas_leave_as_one_file(staff, robin):
    answer = staff.post(
        reverse("admin:personas_persona_changelist"),
        {"action": "export_chosen", "_selected_action": [robin.pk]},
    )
    pack = zipfile.ZipFile(io.BytesIO(answer.content))

    assert pack.namelist() == ["robin.json", "cards/robin.png"]
    assert cards_of(pack.read("cards/robin.png"))["chara"]["data"]["name"] == "Robin Hale"


def test_the_command_line_brings_in_and_writes(capsys, path_of, tmp_path):
    call_command("persona_cards", "import", path_of(V3), "--dry-run")
    assert "wren: would come in" in capsys.readouterr().out
    assert not Persona.objects.exists()

    call_command("persona_cards", "import", path_of(V3))
    assert "address: data.assets.2.uri" in capsys.readouterr().out
    call_command("persona_cards", "export", "wren", "--form", "card-v3", "--to", str(tmp_path / "out.json"))
    assert json.loads((tmp_path / "out.json").read_text()) == V3


def test_the_command_line_says_what_is_wrong_with_a_file(tmp_path):
    (tmp_path / "bad.json").write_bytes(BAD)
    with pytest.raises(CommandError, match=r"bad\.json: The card has no “data”"):
        call_command("persona_cards", "import", str(tmp_path / "bad.json"))
    with pytest.raises(CommandError, match="no such persona"):
        call_command("persona_cards", "export", "nobody")
    with pytest.raises(CommandError, match=r"missing\.json"):
        call_command("persona_cards", "import", str(tmp_path / "missing.json"))
