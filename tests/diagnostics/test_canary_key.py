"""A provider's key is nowhere but in its encrypted column (I7)."""

import io
import json
import logging
from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.audit.exporting import exported
from accounts.audit.models import AuditEntry
from accounts.models import User
from chat.answering import answer_turn
from chat.models import Attempt, Turn
from chat.services import submit_message
from personas.models import Persona
from providers.models import Provider
from tests.chat.listening import Listener
from tests.chat.working import told_tasks
from tests.playing import PlayingServer
from usage.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_engine")]

CANARY = "sk-VALISCANARY-4f9c2e7d1b"
SECRET_PART = "4f9c2e7d1b"
FAULTS = ["say:Fine.", "status:401", "status:400", "status:500", "cut:3", "html", "no-such-script"]


@pytest.fixture
def talked(
    alice: User, jane: Persona, provider: Callable[..., Provider], caplog: pytest.LogCaptureFixture
) -> list[Turn]:
    """One reply for each kind of fault, from providers with the canary key, logged in full."""
    caplog.set_level(logging.DEBUG)
    Provider.objects.create(
        name="nobody", kind="openai", model="x", base_url="http://127.0.0.1:9/v1", api_key=CANARY
    )
    row = provider("say:", api_key=CANARY)
    turns = []
    for number, model in enumerate(FAULTS):
        for kind in ("openai", "anthropic"):
            row.kind, row.model = kind, model
            row.base_url = row.base_url.removesuffix("/v1") + ("/v1" if kind == "openai" else "")
            row.save()
            turn = submit_message(alice, text="Hello", client_id=f"{number}{kind}").turn
            answer_turn(turn.pk)
            turns.append(turn)
    return turns


def test_it_is_sent_to_the_provider_and_to_nobody_else(talked: list[Turn], playing: PlayingServer) -> None:
    assert {call.api_key for call in playing.calls} == {CANARY}


def test_it_is_in_no_log(talked: list[Turn], caplog: pytest.LogCaptureFixture) -> None:
    logged = "\n".join(record.getMessage() for record in caplog.get_records("setup"))

    assert "127.0.0.1" in logged
    assert SECRET_PART not in logged


def test_it_is_in_nothing_that_is_stored_of_replies_and_calls(talked: list[Turn]) -> None:
    rows = [list(model.objects.values()) for model in (Turn, Attempt, Call)]

    assert all(rows)
    assert SECRET_PART not in json.dumps(rows, default=str)


def test_it_is_in_no_task(talked: list[Turn]) -> None:
    assert SECRET_PART not in json.dumps(told_tasks())


def test_it_is_in_no_event(alice: User, jane: Persona, provider: Callable[..., Provider]) -> None:
    provider("status:401", api_key=CANARY)
    turn = submit_message(alice, text="Hello", client_id="heard").turn
    ears = Listener(turn.session_id)
    answer_turn(turn.pk)

    assert ears.kinds[-1] == "turn.done"
    assert SECRET_PART not in json.dumps(ears.events)
    ears.close()


@pytest.mark.parametrize("person", ["alice", "sue"])
def test_it_is_in_no_answer_and_on_no_page(
    person: str, alice: User, sue: User, as_user: Callable[[User], Client], talked: list[Turn]
) -> None:
    browser = as_user({"alice": alice, "sue": sue}[person])
    row = Provider.objects.get(name="main")
    paths = [
        *("/api/sessions", "/api/config", "/api/personas", "/api/openapi.json", "/chat/", "/api/docs"),
        *("/admin/", "/admin/providers/provider/", f"/admin/providers/provider/{row.pk}/change/"),
        *("/admin/usage/call/", f"/admin/usage/call/{Call.objects.latest('pk').pk}/change/"),
    ]
    for turn in talked:
        paths += [
            f"/api/turns/{turn.pk}",
            f"/api/sessions/{turn.session_id}",
            f"/chat/turns/{turn.pk}/story/",
        ]

    for path in paths:
        assert SECRET_PART not in browser.get(path, follow=True).content.decode(), path


@pytest.fixture
def kept_in_admin(sue: User, as_user: Callable[[User], Client], playing: PlayingServer) -> Client:
    """Staff entered the key, mistyped it, changed it, tested it, and took the provider away."""
    staff = as_user(sue)
    fields = {"name": "main", "kind": "openai", "priority": "1", "is_enabled": "on", "model": "status:401"}
    fields |= {"base_url": playing.openai_url, "new_api_key": CANARY}
    staff.post(reverse("admin:providers_provider_add"), fields)
    row = Provider.objects.get(name="main")
    assert row.api_key == CANARY
    change = reverse("admin:providers_provider_change", args=[row.pk])
    staff.post(change, fields | {"new_api_key": f"{CANARY} two words"})
    staff.post(change, fields | {"new_api_key": f"{CANARY}-new"})
    staff.post(reverse("diagnostics:test-provider", args=[row.pk]))
    staff.post(reverse("admin:providers_provider_delete", args=[row.pk]), {"post": "yes"})
    return staff


def test_it_is_in_no_history_of_admin_and_not_in_the_audit_log(kept_in_admin: Client) -> None:
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    rows = [*LogEntry.objects.values(), *AuditEntry.objects.values()]

    assert {"provider.added", "provider.changed", "provider.tested", "provider.deleted"} <= actions
    assert SECRET_PART not in json.dumps(rows, default=str)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_it_is_in_no_export(kept_in_admin: Client, form: str) -> None:
    exported_log = "".join(exported(form))

    assert "provider.changed" in exported_log
    assert SECRET_PART not in exported_log
    assert SECRET_PART not in json.dumps(kept_in_admin.get("/api/audit?limit=200").json())


def test_a_key_that_was_typed_as_a_name_or_a_password_is_not_kept(alice: User) -> None:
    for form in ({"username": CANARY, "password": "x"}, {"username": "alice", "password": CANARY}):
        assert Client().post(reverse("accounts:login"), form).status_code == 200

    rows = [*AccessAttempt.objects.values(), *AuditEntry.objects.values()]
    assert rows
    assert SECRET_PART not in json.dumps(rows, default=str)


def test_it_is_in_no_column_but_its_own(talked: list[Turn]) -> None:
    """Every text of every table, as it is stored."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert SECRET_PART not in str(cursor.fetchall()), table


def test_it_is_in_no_output_of_commands(talked: list[Turn]) -> None:
    told = io.StringIO()
    for command in (["rotate_field_keys"], ["rotate_field_keys", "--check"], ["dumpdata", "providers"]):
        call_command(*command, stdout=told)

    assert "first key" in told.getvalue()
    assert SECRET_PART not in told.getvalue()


def test_it_is_in_no_traceback(provider: Callable[..., Provider]) -> None:
    row = provider("say:Hello", api_key=CANARY)

    assert SECRET_PART not in repr(row)
    assert SECRET_PART not in str(vars(row)["name"])
