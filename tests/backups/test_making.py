"""Where back-ups are, who can read them, and how long they are kept."""

import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.backups.conftest import Settings
from valis_site.backups import making
from valis_site.backups.keeping import backups_in, name_for


@pytest.fixture
def old(tmp_path: Path) -> Callable[[float], Path]:
    """Makes a file that was a back-up so many days ago."""

    def make(days: float) -> Path:
        path = tmp_path / name_for(datetime.now(UTC) - timedelta(days=days))
        path.write_bytes(b"an old back-up")
        return path

    return make


def test_only_its_owner_can_read_it(database: Settings, tmp_path: Path) -> None:
    call_command("backup", to=tmp_path / "new")

    [path] = backups_in(tmp_path / "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_old_ones_are_deleted_once_a_new_one_is_there(
    database: Settings, tmp_path: Path, old: Callable[[float], Path]
) -> None:
    young, aged = old(29.9), [old(30.1), old(400)]
    stranger = tmp_path / "valis-notes.txt"
    stranger.write_text("none of ours")

    call_command("backup", to=tmp_path, keep=30)

    assert young.exists() and stranger.exists()
    assert not [path for path in aged if path.exists()]
    assert len(backups_in(tmp_path)) == 2


def test_without_being_asked_to_nothing_is_deleted(
    database: Settings, tmp_path: Path, old: Callable[[float], Path]
) -> None:
    ancient = old(4000)

    call_command("backup", to=tmp_path)

    assert ancient.exists()


def test_a_failure_in_the_middle_deletes_nothing_and_leaves_nothing_behind(
    database: Settings, tmp_path: Path, old: Callable[[float], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ancient = old(4000)

    def full_disk(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "read_counter", full_disk)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", to=tmp_path, keep=30)

    assert list(tmp_path.iterdir()) == [ancient]


def test_a_database_without_tables_is_no_success(
    empty_database: Callable[[str], Settings],
    inside: Callable[[Settings], AbstractContextManager[None]],
    tmp_path: Path,
) -> None:
    with inside(empty_database("sqlite")), pytest.raises(CommandError, match="Is it the right one"):
        call_command("backup", to=tmp_path)

    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_no_good_back_up(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no back-up"):
        call_command("backup", verify=tmp_path)
