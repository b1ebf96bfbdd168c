"""The configuration is changed as a whole, by whichever door, and every change can be taken back."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.audit.models import AuditEntry
from core import events
from diagnostics.configuration.snapshots import KEPT, forget_old_snapshots
from diagnostics.models import Snapshot
from providers.engine_settings import current_limits
from providers.models import EngineSettings, Provider

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "sk-VALISCANARY-0123456789"


@pytest.fixture
def staff(sue, as_user) -> Client:
    return as_user(sue)


@pytest.fixture
def file(settings, tmp_path: Path) -> Path:
    settings.VALIS_CONFIG_FILE = tmp_path / ".valis_config.json"
    return tmp_path / ".valis_config.json"


def post(client: Client, path: str, **body: Any):
    return client.post(f"/api/config{path}", json.dumps(body), content_type="application/json")


def setting_of(client: Client, name: str) -> dict[str, Any]:
    return next(each for each in client.get("/api/config").json()["settings"] if each["name"] == name)


@pytest.mark.both_databases
def test_a_change_over_the_api_is_in_force_and_makes_one_snapshot(staff, provider) -> None:
    provider("say:hi", name="openai")
    answer = post(staff, "", engine={"max_output": 2048}, providers={"openai": {"priority": 5}}).json()

    assert answer["changed"] == [
        {"key": "engine.max_output", "before": 1024, "after": 2048},
        {"key": "providers.openai.priority", "before": 100, "after": 5},
    ]
    assert current_limits().max_output == 2048
    assert Provider.objects.get().priority == 5
    newest = Snapshot.objects.first()
    assert newest is not None
    assert (newest.actor, newest.how, newest.changes) == ("sue", "api", answer["changed"])
    assert AuditEntry.objects.get(action="configuration.changed").actor == "sue"


def test_a_dry_run_says_what_would_change_and_changes_nothing(staff) -> None:
    answer = post(staff, "", engine={"max_output": 2048}, dry_run=True).json()

    assert [each["after"] for each in answer["changed"]] == [2048]
    assert current_limits().max_output == 1024
    assert not Snapshot.objects.filter(how="api").exists()


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"max_ouput": 5}, "engine.max_ouput: It is unknown. Did you mean max_output?"),
        ({"max_output": 1}, "engine.max_output = 1: It must be a whole number from 16 up to 200,000."),
        ({"max_output": True}, "engine.max_output = True: It must be a whole number from 16 up to 200,000."),
        ({"connect_timeout": "5"}, "engine.connect_timeout = '5': It must be a number above 0 up to 3,600."),
        (
            {"retry_schedule": [1, True]},
            "engine.retry_schedule = [1, True]: It must be a list of up to 10 numbers from 0 up to 300.",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_named_with_what_was_expected(staff, wanted, sentence) -> None:
    answer = post(staff, "", engine=wanted | {"history_messages": 7})

    assert answer.status_code == 400
    assert answer.json()["code"] == "configuration_refused"
    assert answer.json()["details"]["problems"] == [sentence]
    assert current_limits().history_messages == 40


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"opnai": {}}, "providers.opnai: It is unknown. Did you mean openai?"),
        ({"openai": {"api_key": CANARY}}, "providers.openai.api_key: It is unknown."),
        ({"openai": {"prioritie": 1}}, "providers.openai.prioritie: It is unknown. Did you mean priority?"),
        ({"openai": {"priority": "1"}}, "providers.openai.priority = '1': It must be a whole number."),
        ({"openai": {"is_enabled": 1}}, "providers.openai.is_enabled = 1: It must be true or false."),
        (
            {"openai": {"silence_timeout": -1}},
            "providers.openai.silence_timeout = -1: It must be a number above 0 up to 3,600.",
        ),
    ],
)
def test_a_value_of_a_provider_that_does_not_fit_is_named_too(staff, provider, wanted, sentence) -> None:
    provider("say:hi", name="openai")

    assert post(staff, "", providers=wanted).json()["details"]["problems"] == [sentence]


def test_nobody_s_key_can_be_sent_elsewhere_by_a_change(staff, provider) -> None:
    row = provider("say:hi", name="openai", api_key=CANARY)
    answer = post(staff, "", providers={"openai": {"base_url": "https://elsewhere.example/v1"}}).json()

    row.refresh_from_db()
    assert row.base_url != "https://elsewhere.example/v1"
    assert answer["notes"] == [
        "providers.openai.base_url stays as it is: who is asked is changed in admin only."
    ]


def test_a_change_in_admin_makes_a_snapshot_that_names_the_person(staff, provider) -> None:
    row = provider("say:hi", name="openai")
    fields = {"form-0-id": row.pk, "form-0-priority": 7, "form-0-is_enabled": "on", "_save": "Save"}
    counts = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1}
    staff.post(reverse("admin:providers_provider_changelist"), fields | counts)

    newest = Snapshot.objects.first()
    assert newest is not None
    assert (newest.actor, newest.how) == ("sue", "admin")
    assert newest.changes == [{"key": "providers.openai.priority", "before": 100, "after": 7}]


def test_a_deleted_provider_is_a_change(provider) -> None:
    provider("say:hi", name="openai").delete()
    newest = Snapshot.objects.first()

    assert newest is not None
    assert "providers.openai.kind" in {each["key"] for each in newest.changes}
    assert newest.data["providers"] == {}


def test_saving_without_a_change_makes_no_snapshot(provider) -> None:
    row = provider("say:hi")
    before = Snapshot.objects.count()
    row.save()

    assert Snapshot.objects.count() == before


def test_a_change_that_is_undone_leaves_no_snapshot(provider) -> None:
    row = provider("say:hi")
    before = Snapshot.objects.count()
    with transaction.atomic():
        row.priority = 3
        row.save()
        transaction.set_rollback(True)

    assert Snapshot.objects.count() == before


@pytest.mark.both_databases
def test_a_snapshot_is_restored(staff, provider) -> None:
    provider("say:hi", name="openai")
    good = Snapshot.objects.first()
    assert good is not None
    post(staff, "", engine={"max_output": 99}, providers={"openai": {"is_enabled": False}})
    answer = post(staff, f"/snapshots/{good.pk}/restore").json()

    assert {each["key"] for each in answer["changed"]} == {"engine.max_output", "providers.openai.is_enabled"}
    assert current_limits().max_output == 1024
    assert Provider.objects.get().is_enabled
    newest = Snapshot.objects.first()
    assert newest is not None
    assert newest.how == f"restored #{good.pk}"


def test_restoring_leaves_providers_alone_that_are_gone_or_new(staff, provider) -> None:
    provider("say:hi", name="old")
    snapshot = Snapshot.objects.first()
    assert snapshot is not None
    Provider.objects.get(name="old").delete()
    provider("say:hi", name="new")
    answer = post(staff, f"/snapshots/{snapshot.pk}/restore", dry_run=True).json()

    assert answer == {"dry_run": True, "changed": [], "notes": ["providers.old: It is unknown."]}


def test_snapshots_are_listed_page_by_page_and_hold_no_key(staff, provider) -> None:
    row = provider("say:hi", name="openai", api_key=CANARY)
    for priority in (1, 2, 3):
        row.priority = priority
        row.save()
    first = staff.get("/api/config/snapshots?limit=2").json()
    second = staff.get(f"/api/config/snapshots?limit=2&before={first['next_before']}").json()
    whole = staff.get(f"/api/config/snapshots/{first['results'][0]['id']}").json()

    assert [each["changes"][0]["after"] for each in first["results"]] == [3, 2]
    assert second["results"][0]["changes"][0]["after"] == 1
    assert whole["data"]["providers"]["openai"]["priority"] == 3
    assert CANARY not in json.dumps([first, second, whole])


def test_a_snapshot_that_is_not_there_is_said_to_be_so(staff) -> None:
    assert staff.get("/api/config/snapshots/12345").json()["code"] == "snapshot_not_found"


def test_only_so_many_snapshots_are_kept() -> None:
    Snapshot.objects.bulk_create(Snapshot(how="api", data={}) for _ in range(KEPT + 5))

    assert forget_old_snapshots() == 5
    assert forget_old_snapshots() == 0


def test_staff_are_told_of_a_change(staff, monkeypatch) -> None:
    heard: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(events, "_listeners", [])
    events.listen(lambda kind, facts: heard.append((kind, facts)))
    post(staff, "", engine={"max_output": 2048})

    [facts] = [facts for kind, facts in heard if kind == "config_updated" and facts["how"] == "api"]
    assert (facts["actor"], facts["keys"]) == ("sue", ["engine.max_output"])


def test_every_kind_of_value_that_was_forced_in_leaves_page_and_api_working(staff, provider) -> None:
    provider("say:hi", name="openai")
    EngineSettings.objects.get_or_create(pk=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_enginesettings SET retry_schedule = '[1e999]', connect_timeout = -1")
        cursor.execute(
            "UPDATE providers_provider SET kind = 'no such', silence_timeout = -1, base_url = 'x y'"
        )

    assert staff.get(reverse("diagnostics:config")).status_code == 200
    config = staff.get("/api/config").json()
    assert len(config["problems"]) == 2
    assert config["cascade"][0]["skip_reason"] == "unknown kind “no such”"
    assert staff.get(reverse("admin:providers_provider_changelist")).status_code == 200


def test_what_was_exported_is_loaded_again(staff, provider, file: Path) -> None:
    provider("say:hi", name="openai", api_key=CANARY)
    assert post(staff, "/file/export").json() == {"path": str(file)}
    assert CANARY not in file.read_text()
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    file.write_text(file.read_text().replace('"max_output": 1024', '"max_output": 512'))

    assert setting_of(staff, "max_output")["differs_in_file"]
    assert post(staff, "/file/load", dry_run=True).json()["changed"][0]["after"] == 512
    assert current_limits().max_output == 1024
    post(staff, "/file/load")
    assert current_limits().max_output == 512
    setting = setting_of(staff, "max_output")
    assert (setting["source"], setting["changed_by"]) == ("file", "sue")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{\n  "engine": {"max_output": 5,}\n}', "Line 2, column 30: this is no JSON"),
        ('{"engine": {"max_output": NaN}}', "NaN is no number that JSON knows."),
        ('{"engine": {}, "engine": {}}', "The key “engine” stands there twice."),
        ("[1]", "It must be a JSON object"),
        ("\udcff", "Line 1: this is no UTF-8 text."),
        ("[" * 200_000, "It is nested too deeply."),
    ],
)
def test_a_broken_file_is_explained_and_what_is_in_force_stays(staff, file: Path, text, sentence) -> None:
    file.write_bytes(text.encode(errors="surrogateescape"))

    config = staff.get("/api/config").json()
    assert sentence in config["file"]["problems"][0]
    answer = post(staff, "/file/load")
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
    assert config["engine"]["max_output"] == 1024


def test_a_file_with_a_wrong_value_changes_nothing_at_all(staff, file: Path) -> None:
    file.write_text('{"engine": {"max_output": 512, "history_messages": "many"}}')

    assert post(staff, "/file/load").json()["details"]["problems"] == [
        "engine.history_messages = 'many': It must be a whole number from 0 up to 1,000."
    ]
    assert current_limits().max_output == 1024


def test_a_file_that_is_not_there_cannot_be_loaded(staff, file: Path) -> None:
    assert post(staff, "/file/load").json()["code"] == "configuration_file_missing"


def test_the_command_exports_checks_and_loads(db, file: Path, capsys) -> None:
    call_command("engine_config", "export")
    file.write_text('{"engine": {"max_output": 512}}')
    call_command("engine_config", "check")
    assert "Would change: engine.max_output from 1024 to 512" in capsys.readouterr().out
    call_command("engine_config", "load")
    assert current_limits().max_output == 512

    file.write_text("{")
    with pytest.raises(CommandError, match="Line 1, column 2"):
        call_command("engine_config", "check")


def test_a_value_that_was_forced_in_neither_stops_other_changes_nor_the_admin(staff, provider) -> None:
    provider("say:hi", name="openai")
    EngineSettings.objects.get_or_create(pk=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE providers_enginesettings SET retry_schedule = '\"soon\"', max_output = 1")
    answer = post(staff, "", engine={"history_messages": 7}).json()

    assert answer["changed"] == [{"key": "engine.history_messages", "before": 40, "after": 7}]
    assert (current_limits().history_messages, current_limits().max_output) == (7, 1024)
    page = staff.get(reverse("admin:providers_enginesettings_change", args=[1]))
    assert page.status_code == 200
    assert "max_output = 1: It must be a whole number" in page.text


def test_memories_are_asked_of_no_provider_that_is_not_there(staff: Client, file: Path) -> None:
    refused = post(staff, "", engine={"memory_model": "nobody small"})
    assert refused.status_code == 400
    assert "There is no provider “nobody”." in refused.json()["message"]
    file.write_text(json.dumps({"engine": {"memory_model": "nobody small"}}))
    with pytest.raises(CommandError, match="There is no provider"):
        call_command("engine_config", "load")
    assert EngineSettings.objects.filter(memory_model="nobody small").count() == 0

    Provider.objects.create(name="side", kind="scripted")
    assert post(staff, "", engine={"memory_model": "side small"}).status_code == 200
    Provider.objects.all().delete()
    assert post(staff, "", engine={"memory_model": "side small", "memory_tokens": 300}).status_code == 200
