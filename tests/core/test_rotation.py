"""A new key for what is encrypted at rest."""

import io
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts.audit.models import AuditEntry
from core.rotation import encrypted_columns
from providers.models import Provider
from tests.harness.valis import ROOT, Valis

SECRET = "sk-VALISCANARY-0123456789"
ROWS = 2_500
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM providers_provider ORDER BY id")
        return [str(row[0]) for row in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.both_databases
class TestRotating:
    @pytest.fixture(autouse=True)
    def _secrets(self, db: None, settings: Settings) -> None:
        settings.VALIS_FIELD_KEYS = (OLD,)
        for number in range(120):
            Provider.objects.create(name=f"p{number}", kind="openai", api_key=f"{SECRET}{number}")
        Provider.objects.create(name="without", kind="openai")
        settings.VALIS_FIELD_KEYS = (NEW, OLD)

    def test_afterwards_the_old_key_is_not_needed(self, settings: Settings) -> None:
        call_command("rotate_field_keys", stdout=io.StringIO())
        settings.VALIS_FIELD_KEYS = (NEW,)

        assert [each.api_key for each in Provider.objects.order_by("pk")] == [
            *(f"{SECRET}{number}" for number in range(120)),
            "",
        ]

    def test_a_check_says_what_is_left_and_changes_nothing(self) -> None:
        before, told = stored(), io.StringIO()
        with pytest.raises(CommandError, match="older key is still needed"):
            call_command("rotate_field_keys", check=True, stdout=told)

        assert "providers.Provider.api_key: 0 with the first key, 120 with an older one" in told.getvalue()
        assert stored() == before
        call_command("rotate_field_keys", stdout=io.StringIO())
        call_command("rotate_field_keys", check=True, stdout=told)
        assert "Older keys may go" in told.getvalue()

    def test_the_second_time_nothing_is_written(self) -> None:
        call_command("rotate_field_keys", stdout=io.StringIO())
        before = stored()
        call_command("rotate_field_keys", stdout=io.StringIO())

        assert stored() == before

    def test_what_no_key_reads_is_kept_and_said(self, settings: Settings) -> None:
        settings.VALIS_FIELD_KEYS = (NEW,)
        before = stored()
        with pytest.raises(CommandError, match="120 stored secrets cannot be read"):
            call_command("rotate_field_keys", stdout=io.StringIO())

        assert stored() == before

    def test_it_is_in_the_audit_log_and_no_secret_is_said(self) -> None:
        told = io.StringIO()
        call_command("rotate_field_keys", stdout=told)

        entry = AuditEntry.objects.get(action="fieldkeys.rotated")
        assert entry.details == {"encrypted_anew": 120, "unreadable": 0}
        assert entry.client == "manage.py rotate_field_keys"
        assert not [each for each in (SECRET, OLD, NEW) if each in told.getvalue()]


def test_every_encrypted_column_is_found() -> None:
    assert "providers.Provider.api_key" in map(str, encrypted_columns())


class Installation:
    """A database with many secrets, encrypted with the old key, and commands on it."""

    def __init__(self, data: Path) -> None:
        self.environment = Valis(
            data, VALIS_SECRET_KEY="only for this test", VALIS_FIELD_KEYS=f"{NEW},{OLD}"
        ).environment
        self.database = data / "valis.sqlite3"
        assert self.run("migrate", "--verbosity", "0").returncode == 0
        cipher = Fernet(OLD)
        rows = [(f"p{n}", cipher.encrypt(f"{SECRET}{n}".encode()).decode()) for n in range(ROWS)]
        with closing(sqlite3.connect(self.database)) as opened:
            opened.executemany(
                "INSERT INTO providers_provider (name, kind, priority, is_enabled, model, base_url, api_key,"
                " uses_environment, created_at, updated_at) VALUES"
                " (?, 'openai', 1, 1, '', '', ?, 0, '2026-01-01', '2026-01-01')",
                rows,
            )
            opened.commit()

    def begin(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        process = self.begin(*command)
        output, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def readable_with(self, *keys: str) -> int:
        """How many secrets these keys read; each must be what it was."""
        cipher, readable = MultiFernet([Fernet(key) for key in keys]), 0
        with closing(sqlite3.connect(self.database)) as opened:
            for name, kept in opened.execute("SELECT name, api_key FROM providers_provider"):
                try:
                    secret = cipher.decrypt(kept.encode()).decode()
                except InvalidToken:
                    continue
                assert secret == f"{SECRET}{name[1:]}"
                readable += 1
        return readable


def test_killed_in_the_middle_nothing_is_lost_and_the_next_run_goes_on(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    with installation.begin("rotate_field_keys") as process:
        assert process.stdout
        assert "providers.Provider.api_key" in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    assert installation.readable_with(NEW, OLD) == ROWS
    assert 0 < installation.readable_with(NEW) < ROWS

    again = installation.run("rotate_field_keys")
    assert again.returncode == 0, again.stdout
    assert installation.readable_with(NEW) == ROWS
