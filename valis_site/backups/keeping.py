"""Names of back-ups, and which of them are kept."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

_FORM = "valis-%Y-%m-%dT%H-%M-%S-%fZ.jsonl.gz"
_OURS = re.compile(r"valis-[\dT-]+Z\.jsonl\.gz")


def name_for(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_FORM)


def backups_in(folder: Path) -> list[Path]:
    """The oldest first. Files of other names are none of ours."""
    return sorted(path for path in folder.glob("valis-*.jsonl.gz") if _OURS.fullmatch(path.name))


def newest(path: Path) -> Path:
    """The file itself, or the newest back-up of a folder. Raises `FileNotFoundError`."""
    found = [path] if path.is_file() else backups_in(path)
    if not found:
        raise FileNotFoundError(f"There is no back-up at {path}.")
    return found[-1]


def prune(folder: Path, *, days: int) -> list[Path]:
    """Delete the back-ups that are older; the newest stays whatever its age."""
    oldest_kept = name_for(datetime.now(UTC) - timedelta(days=days))
    old = [path for path in backups_in(folder)[:-1] if path.name < oldest_kept]
    for path in old:
        path.unlink()
    return old
