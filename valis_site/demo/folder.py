"""The folder of the demo: never one that holds anything else."""

import shutil
from pathlib import Path

from valis_site.serving.guards import lock_data

_MARK = "this-is-a-demo"
_LOCK = "serve.lock"


class FolderProblem(Exception):
    """Why a folder cannot be the demo's, and what to do."""


def prepared(folder: Path, *, fresh: bool) -> Path:
    """The folder, made if need be; a fresh one is empty.

    Raises `FolderProblem`, and `CommandError` where a demo that runs would lose its data.
    """
    folder = folder.resolve()
    mark = folder / _MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        raise FolderProblem(f"{folder} holds something else. Choose an empty folder, or one of a demo.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.touch()
    if fresh:
        _empty(folder)
    return folder


def _empty(folder: Path) -> None:
    with lock_data(folder):
        for each in folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name not in {_MARK, _LOCK}:
                each.unlink()
