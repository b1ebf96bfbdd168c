"""VALIS with the playing server as its OpenAI, away from everything else on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.filling import copy_filled
from tests.harness.store import lift_limits, set_up_provider
from tests.harness.valis import Valis
from tests.playing import PlayingServer

MODEL = "gpt-5.4-mini"
"""The shipped OpenAI row's model: `playing.cast(MODEL, …)` chooses what it does."""
BACKUP_MODEL = "backup"
"""The second provider's, once `use_backup` has put it behind the first."""
CANARY = "sk-VALISCANARY-4f9c2e7d1b"
"""The key in use. It must not be found anywhere."""


def new_valis(data: Path, playing: PlayingServer, **env: str) -> Valis:
    return Valis(data, OPENAI_API_KEY=CANARY, OPENAI_BASE_URL=playing.openai_url, **env)


@contextmanager
def running_valis(data: Path, playing: PlayingServer, **env: str) -> Iterator[Valis]:
    """On filled data. One provider, "openai"; the shipped local one might find a server on this machine."""
    copy_filled(data)
    with new_valis(data, playing, **env) as valis:
        set_up_provider(data, "local", is_enabled=False)
        lift_limits(data)
        yield valis


def use_backup(data: Path | str, playing: PlayingServer, *, is_enabled: bool = True) -> None:
    """A second provider, "local", after the first."""
    as_others = {"first_token_timeout": None, "provider_timeout": None}
    set_up_provider(
        data, "local", is_enabled=is_enabled, base_url=playing.openai_url, model=BACKUP_MODEL, **as_others
    )
