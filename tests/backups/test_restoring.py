"""What is in a back-up comes back as it was, or nothing is changed."""

import gzip
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session as Login
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.audit.models import AuditEntry
from accounts.models import User
from chat.models import Message, Session, Turn
from chat.search.finding import search
from memory.editing import delete_own
from memory.models import Kind, Memory, MemorySource, Origin, Preference
from memory.recall import recall
from memory.services import remember
from memory.sources import withdraw_messages
from memory.switches import want_memory
from personas.models import Persona
from providers.limits import EngineLimits
from providers.models import Provider
from tests.backups.conftest import KEY, Settings, fill, on_both, say
from usage.models import Call
from valis_site.backups.errors import BrokenArchive, Refused
from valis_site.backups.making import make_backup
from valis_site.backups.restoring import restore, verify

Inside = Callable[[Settings], AbstractContextManager[None]]
STORED = (User, Persona, Provider, Session, Message, Turn, Call, Memory, MemorySource, Preference)


def _everything() -> list[dict[str, Any]]:
    """All rows, with every value as the application sees it."""
    return [row for model in STORED for row in model._base_manager.order_by("pk").values()]


@on_both
def test_everything_is_as_it_was(database: Settings, backup: Path) -> None:
    before = _everything()
    Message.objects.update(text="spoiled")
    User.objects.create_user("somebody else")

    restore(backup, overwrite=True)

    assert _everything() == before
    assert Provider.objects.get(name="main").api_key == KEY


@on_both
def test_the_audit_log_tells_of_it(database: Settings, backup: Path) -> None:
    restore(backup, overwrite=True)

    assert AuditEntry.objects.filter(action="database.restored", target=backup.name).count() == 1


@on_both
def test_search_finds_what_was_restored_and_what_comes_after(database: Settings, backup: Path) -> None:
    Message.objects.update(text="spoiled")

    restore(backup, overwrite=True)
    say(Session.objects.get(), 9, "More Käse")

    alice = User.objects.get()
    assert len(search(alice, "käse")["results"]) == 2
    assert len(search(alice, "cheese")["results"]) == 2
    assert search(alice, "spoiled")["results"] == []


@on_both
def test_personas_remember_what_was_restored_and_only_of_whom_it_was(
    database: Settings, tmp_path: Path
) -> None:
    alice, jane = User.objects.get(), Persona.objects.get()
    told(alice, jane)
    restore(make_backup(tmp_path).path, overwrite=True)

    bob = User.objects.create_user("bob")
    assert remembered(alice, jane, "Which instrument? The cellos?") == ["Plays the cello."]
    assert remembered(bob, jane, "Which instrument? The cellos?") == []
    withdraw_messages([Message.objects.get().pk])
    assert remembered(alice, jane, "And the cello?") == []


def told(person: User, persona: Persona) -> None:
    """Something that took the place of something else, and what was deleted a moment ago."""
    whose = {"persona_id": persona.pk, "person_id": person.pk, "kind": Kind.FACT, "origin": Origin.MODEL}
    said = [Message.objects.get().pk]
    newer = remember(text="Plays the cello.", sources=said, **whose)
    older = remember(text="Plays the drums.", **whose)
    Memory.objects.filter(pk=older.pk).update(superseded_by=newer)
    delete_own(person, remember(text="Plays the horn.", **whose).pk)
    want_memory(person, is_on=True)


def remembered(person: User, persona: Persona, question: str) -> list[str]:
    found = recall(question, persona_id=persona.pk, person_id=person.pk, limits=EngineLimits())
    return [each.text for each in found]


@pytest.mark.parametrize(("origin", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_one_database_can_be_exchanged_for_the_other(
    origin: str,
    target: str,
    database_with_tables: Callable[[str], Settings],
    empty_database: Callable[[str], Settings],
    inside: Inside,
    tmp_path: Path,
) -> None:
    with inside(database_with_tables(origin)):
        fill()
        told(User.objects.get(), Persona.objects.get())
        before = _everything()
        moved = make_backup(tmp_path)
    with inside(empty_database(target)):
        restored = restore(moved.path, overwrite=False)

        assert _everything() == before
        assert restored.rows == moved.rows
        assert remembered(User.objects.get(), Persona.objects.get(), "cello") == ["Plays the cello."]
        say(Session.objects.get(), 2, "And it goes on.")
        assert len(search(User.objects.get(), "käse")["results"]) == 1


@on_both
def test_a_number_that_was_given_is_not_given_again(database: Settings, tmp_path: Path) -> None:
    last = say(Session.objects.get(), 2, "to be deleted").pk
    Message.objects.filter(pk=last).delete()

    restore(make_backup(tmp_path).path, overwrite=True)

    assert say(Session.objects.get(), 2, "new").pk > last


def test_people_are_not_overwritten_by_mistake(database: Settings, backup: Path) -> None:
    Message.objects.update(text="newer than the back-up")

    with pytest.raises(CommandError, match=r"people in this database.*--yes"):
        call_command("restore", backup)

    assert Message.objects.get().text == "newer than the back-up"


@on_both
def test_what_was_replaced_is_kept(database: Settings, backup: Path) -> None:
    Message.objects.update(text="newer than the back-up")

    kept = restore(backup, overwrite=True).replaced

    assert kept
    if connection.vendor == "sqlite":
        assert b"newer than the back-up" in Path(kept).read_bytes()
    else:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT text FROM "{kept.removeprefix("the schema ")}".chat_message')
            assert cursor.fetchall() == [("newer than the back-up",)]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_half_a_back_up_changes_nothing(database: Settings, backup: Path, part: float) -> None:
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(len(whole) * part)])
    before = _everything()

    with pytest.raises(BrokenArchive, match=r"not whole|damaged"):
        restore(backup, overwrite=True)

    assert _everything() == before


def test_a_changed_letter_changes_nothing(database: Settings, backup: Path) -> None:
    content = gzip.decompress(backup.read_bytes()).replace(b"Cheese.", b"Chaise.")
    backup.write_bytes(gzip.compress(content))
    before = _everything()

    with pytest.raises(BrokenArchive, match="checksum"):
        restore(backup, overwrite=True)

    assert _everything() == before


@on_both
def test_rows_that_refer_to_nothing_change_nothing(database: Settings, tmp_path: Path) -> None:
    """As from a database that was repaired by hand."""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM chat_session")
    broken = make_backup(tmp_path).path
    before = _everything()

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", broken, yes=True)

    assert _everything() == before


def test_a_file_that_is_something_else_is_refused(database: Settings, tmp_path: Path) -> None:
    for name, content in {
        "text": b"Dear diary",
        "json.gz": gzip.compress(b'{"a": 1}\n'),
        "newer.gz": gzip.compress(json.dumps({"valis_backup": 99}).encode()),
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BrokenArchive):
            restore(tmp_path / name, overwrite=True)


@on_both
def test_a_back_up_of_an_earlier_version_is_brought_up_to_date(database: Settings, tmp_path: Path) -> None:
    newest = set(MigrationRecorder(connection).applied_migrations())
    call_command("migrate", "providers", "0001", interactive=False, verbosity=0)
    earlier = make_backup(tmp_path).path

    restore(earlier, overwrite=True)

    assert set(MigrationRecorder(connection).applied_migrations()) == newest
    assert Message.objects.get().text.startswith("What is")


def test_a_back_up_of_a_later_version_is_refused(database: Settings, backup: Path) -> None:
    lines = gzip.decompress(backup.read_bytes()).splitlines(keepends=True)
    head = json.loads(lines[0])
    head["schema"].append(["chat", "9999_from_the_future"])
    _write_archive(backup, [head, *map(json.loads, lines[1:-1])])

    with pytest.raises(Refused, match="that version or a later one"):
        verify(backup)


def test_a_database_that_others_use_is_not_replaced(
    database_with_tables: Callable[[str], Settings], inside: Inside, tmp_path: Path, postgres: Any
) -> None:
    import psycopg

    settings = database_with_tables("postgresql")
    with inside(settings):
        fill()
        file = make_backup(tmp_path).path
        with psycopg.connect(postgres.address(settings["NAME"])), pytest.raises(Refused, match="Stop VALIS"):
            restore(file, overwrite=True)
    with inside(settings):
        assert Message.objects.count() == 1


def test_logins_are_not_in_it(database: Settings, tmp_path: Path) -> None:
    Login.objects.create(session_key="a-login-that-works", session_data="", expire_date=datetime.now(UTC))
    file = make_backup(tmp_path).path

    assert b"a-login-that-works" not in gzip.decompress(file.read_bytes())
    restore(file, overwrite=True)
    assert not Login.objects.exists()


def test_keys_stay_encrypted_in_it_and_lost_field_keys_are_told(
    database: Settings, backup: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    content = gzip.decompress(backup.read_bytes())
    assert KEY.encode() not in content
    assert not [key for key in settings.VALIS_FIELD_KEYS if key.encode() in content]

    settings.VALIS_FIELD_KEYS = (Fernet.generate_key().decode(),)
    with pytest.raises(CommandError, match=r"set here: 1\."):
        call_command("backup", verify=backup)
    call_command("restore", backup, yes=True)
    assert "set here: 1." in capsys.readouterr().out


@on_both
def test_trying_a_back_up_out_touches_nothing(
    database: Settings, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Message.objects.update(text="newer than the back-up")
    before = _places()

    call_command("backup", verify=backup.parent)

    assert "is good" in capsys.readouterr().out
    assert Message.objects.get().text == "newer than the back-up"
    assert _places() == before


def _places() -> set[str]:
    """Files or schemas: where the database is."""
    if connection.vendor == "sqlite":
        folder = Path(connection.settings_dict["NAME"]).parent
        return {path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg%'")
        return {name for (name,) in cursor.fetchall()}


def _write_archive(path: Path, values: list[Any]) -> None:
    """With a foot that fits."""
    import hashlib
    from collections import Counter

    rows: Counter[str] = Counter()
    for value in values:
        if isinstance(value, dict) and "table" in value:
            table = value["table"]
            rows[table] = 0
        elif isinstance(value, list):
            rows[table] += 1
    content = "".join(json.dumps(value) + "\n" for value in values).encode()
    foot = {"rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
    path.write_bytes(gzip.compress(content + json.dumps(foot).encode() + b"\n"))
