"""The audit log: what goes in, what stays out, and that it cannot be changed."""

import csv
import io
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.audit import exporting
from accounts.audit.admin import Audited
from accounts.audit.models import AuditEntry
from accounts.audit.recording import record
from accounts.audit.triggers import create_triggers
from accounts.models import User
from chat.services import run_turn_again, stop_turn, submit_message
from personas.models import Persona
from providers.models import Provider
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
KEY = "sk-VALISCANARY-4f9c2e7d1b"


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def staff(sue: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(sue)


class TestItCannotBeChanged:
    pytestmark = pytest.mark.both_databases

    @pytest.fixture(autouse=True)
    def _entry(self, alice: User) -> None:
        create_triggers(connection)
        record("persona.changed", actor=alice)

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE accounts_auditentry SET actor = 'bob'", "DELETE FROM accounts_auditentry"],
    )
    def test_the_database_refuses(self, statement: str) -> None:
        with (
            pytest.raises(DatabaseError, match="only ever added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

        assert AuditEntry.objects.get().actor == "alice"

    def test_the_model_refuses(self) -> None:
        entry = AuditEntry.objects.get()
        for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
            with pytest.raises(TypeError):
                change()
        with pytest.raises(TypeError):
            AuditEntry.objects.update(actor="bob")

    def test_an_entry_outlives_the_person_it_speaks_of(self, alice: User) -> None:
        number = alice.pk
        alice.delete()

        entry = AuditEntry.objects.get()
        assert (entry.actor_id, entry.actor) == (number, "alice")


class TestWhatGoesIn:
    def test_logging_in_and_out_with_address_client_and_request(self, alice: User) -> None:
        browser = Client(headers={"user-agent": "Firefox", "x-request-id": "request-0001"})
        browser.post(LOGIN, {"username": "alice", "password": PASSWORD})
        browser.post("/accounts/logout/")

        assert actions() == ["login.succeeded", "login.ended"]
        entry = AuditEntry.objects.last()
        assert entry
        assert (entry.actor, entry.actor_id) == ("alice", alice.pk)
        assert (entry.address, entry.client, entry.request_id) == ("127.0.0.1", "Firefox", "request-0001")

    def test_a_wrong_password_of_somebody_known(self, alice: User) -> None:
        Client().post(LOGIN, {"username": "alice", "password": "wrong-password"})

        entry = AuditEntry.objects.get(action="login.failed")
        assert (entry.actor_id, entry.target, entry.target_id) == (None, "alice", str(alice.pk))
        assert "wrong-password" not in str(exporting.entry_form(entry))

    def test_a_name_that_nobody_has_is_not_kept_because_it_may_be_a_password(self, alice: User) -> None:
        Client().post(LOGIN, {"username": "my-secret-password", "password": ""})
        Client().post(LOGIN, {"username": "my-secret-password", "password": "x"})

        entry = AuditEntry.objects.get(action="login.failed")
        assert "my-secret-password" not in str(exporting.entry_form(entry))

    def test_a_changed_provider_with_the_names_of_its_fields_and_no_value(self, staff: Client) -> None:
        fields = {"name": "mine", "kind": "openai", "priority": "10", "base_url": "http://127.0.0.1:9/v1"}
        staff.post(reverse("admin:providers_provider_add"), fields | {"model": "a"})
        row = Provider.objects.get()
        change = reverse("admin:providers_provider_change", args=[row.pk])
        staff.post(change, fields | {"model": "b", "new_api_key": KEY})
        staff.post(reverse("admin:providers_provider_delete", args=[row.pk]), {"post": "yes"})

        assert actions()[-3:] == ["provider.added", "provider.changed", "provider.deleted"]
        changed = AuditEntry.objects.get(action="provider.changed")
        assert changed.details == {"fields": ["Model", "API key"]}
        assert (changed.actor, changed.target) == ("sue", "mine")

    def test_all_of_many_that_are_deleted_at_once(self, staff: Client) -> None:
        chosen = [Persona.objects.create(slug=name, name=name).pk for name in ("a", "b", "c", "d")][:3]
        form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
        staff.post(reverse("admin:personas_persona_changelist"), form)

        assert actions().count("persona.deleted") == 3

    def test_what_somebody_may_do_after_a_change(self, staff: Client, bob: User) -> None:
        group = Group.objects.create(name="Keepers")
        bob.first_name = "Bob"
        form = {
            "username": "bob",
            "groups": [group.pk],
            "is_active": "on",
            "date_joined_0": "2026-01-01",
            "date_joined_1": "12:00",
        }
        staff.post(reverse("admin:accounts_user_change", args=[bob.pk]), form)

        details = AuditEntry.objects.get(action="user.changed").details
        assert details["groups"] == ["Keepers"]
        assert (details["is_active"], details["is_staff"]) == (True, False)

    def test_stopping_a_reply_and_running_it_again_without_any_text(self, alice: User, jane: Persona) -> None:
        turn = submit_message(alice, text="A secret question", client_id="one").turn
        stop_turn(turn)
        run_turn_again(turn)

        assert actions() == ["turn.stopped", "turn.run_again"]
        entry = AuditEntry.objects.get(action="turn.stopped")
        assert (entry.actor, entry.target_type, entry.target_id) == ("alice", "chat.turn", str(turn.pk))
        assert "secret" not in json.dumps([exporting.entry_form(each) for each in AuditEntry.objects.all()])

    def test_the_test_of_a_provider(self, staff: Client, provider: Callable[..., Provider]) -> None:
        staff.post(reverse("diagnostics:test-provider", args=[provider("say:Hello").pk]))

        entry = AuditEntry.objects.get(action="provider.tested")
        assert (entry.actor, entry.target, entry.details) == ("sue", "main", {"outcome": "answered"})

    def test_every_admin_page_that_changes_something_records_it(self, rf, sue: User) -> None:
        request = rf.get("/")
        request.user = sue
        changing = {
            type(page)
            for model, page in admin.site._registry.items()
            if page.has_add_permission(request) or page.has_change_permission(request)
        }

        assert changing
        assert not [page.__name__ for page in changing if not issubclass(page, Audited)]


class TestReading:
    @pytest.fixture
    def _many(self, alice: User) -> None:
        for number in range(7):
            record("persona.changed", actor=alice, name=f"persona {number}")

    @pytest.mark.usefixtures("_many")
    def test_it_comes_in_pages_the_newest_first(self, staff: Client) -> None:
        seen, before = [], ""
        while True:
            page = staff.get(f"/api/audit?limit=3{before}").json()
            seen += [each["target"] for each in page["results"] if each["action"] == "persona.changed"]
            if page["next_before"] is None:
                break
            before = f"&before={page['next_before']}"

        assert seen == [f"persona {number}" for number in reversed(range(7))]

    @pytest.mark.usefixtures("_many")
    def test_it_can_be_asked_for_a_person_an_action_and_a_time(self, staff: Client) -> None:
        assert len(staff.get("/api/audit?actor=sue").json()["results"]) == 1
        assert len(staff.get("/api/audit?action=persona.changed").json()["results"]) == 7
        assert staff.get("/api/audit?since=2999-01-01T00:00:00Z").json()["results"] == []

    def test_the_right_to_read_it_is_enough_and_staff_status_is_not(
        self, bob: User, as_user: Callable[[User], Client]
    ) -> None:
        browser = as_user(bob)
        User.objects.filter(pk=bob.pk).update(is_staff=True)
        assert browser.get("/api/audit").status_code == 403
        assert browser.get("/api/audit/export").status_code == 403

        bob.user_permissions.add(Permission.objects.get(codename="read_audit"))
        assert browser.get("/api/audit").status_code == 200
        assert browser.get("/admin/accounts/auditentry/").status_code == 200

    @pytest.mark.usefixtures("_many")
    def test_admin_shows_it_and_offers_no_change(self, staff: Client) -> None:
        entry = AuditEntry.objects.get(target="persona 3")
        listed = staff.get("/admin/accounts/auditentry/?q=%22persona+3%22").content.decode()
        page = staff.get(f"/admin/accounts/auditentry/{entry.pk}/change/").content.decode()

        assert "persona 3" in listed
        assert "persona 4" not in listed
        assert "persona.changed" in page
        assert 'name="_save"' not in page
        assert staff.get(f"/admin/accounts/auditentry/{entry.pk}/delete/").status_code == 403
        assert staff.get("/admin/accounts/auditentry/add/").status_code == 403


def pieces_of(answer: object) -> str:
    return b"".join(answer).decode()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous:Warning")
@pytest.mark.django_db(transaction=True)
class TestExporting:
    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(exporting, "PAGE", 2)
        return

    def test_json_lines_hold_every_entry_in_order_and_the_export_itself(
        self, staff: Client, alice: User
    ) -> None:
        for number in range(5):
            record("persona.changed", actor=alice, name=f"persona {number}")
        answer = staff.get("/api/audit/export?form=jsonl")
        rows = [json.loads(line) for line in pieces_of(answer).splitlines()]

        assert [row["target"] for row in rows[1:6]] == [f"persona {number}" for number in range(5)]
        assert rows[-1]["action"] == "audit.exported"
        assert rows[-1]["actor"] == "sue"
        assert "valis-audit.jsonl" in answer["Content-Disposition"]

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_a_spreadsheet_runs_nothing_of_it(self, staff: Client, name: str) -> None:
        record("persona.changed", actor=None, name=name)
        rows = list(csv.DictReader(io.StringIO(pieces_of(staff.get("/api/audit/export")), newline="")))

        assert rows[1]["target"] == f"'{name}"
        assert not [value for row in rows for value in row.values() if value[:1] in set("=+-@\t\r")]

    def test_the_command_writes_a_file_that_only_its_owner_reads(self, alice: User, tmp_path: Path) -> None:
        record("persona.changed", actor=alice, name="Zoë")
        file = tmp_path / "audit.jsonl"
        call_command("export_audit", form="jsonl", to=file)

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        assert [row["target"] for row in rows] == ["Zoë", ""]
        assert rows[1]["client"] == "manage.py export_audit"
        with pytest.raises(CommandError, match="cannot be made"):
            call_command("export_audit", form="jsonl", to=file)


class TestWhereFrom:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            ([], "203.0.113.9", "127.0.0.1"),
            (["127.0.0.1"], "203.0.113.9", "203.0.113.9"),
            (["127.0.0.0/8"], "1.1.1.1, 203.0.113.9", "203.0.113.9"),
            (["127.0.0.1", "10.0.0.0/8"], "203.0.113.9, 10.1.2.3", "203.0.113.9"),
            (["127.0.0.1"], "", "127.0.0.1"),
            (["127.0.0.1"], "nonsense", "127.0.0.1"),
            (["127.0.0.1"], "2001:db8::7", "2001:db8::7"),
            (["192.0.2.1"], "203.0.113.9", "127.0.0.1"),
        ],
    )
    def test_a_forwarded_address_counts_from_a_listed_proxy_only(
        self, proxies: list[str], forwarded: str, address: str, alice: User, settings: Settings
    ) -> None:
        settings.VALIS_TRUSTED_PROXIES = proxies
        form = {"username": "alice", "password": PASSWORD}
        Client(headers={"x-forwarded-for": forwarded}).post(LOGIN, form)

        assert AuditEntry.objects.get().address == address
