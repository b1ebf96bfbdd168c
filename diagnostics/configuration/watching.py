"""Every saved row of the configuration makes a snapshot, in the transaction that saves it."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from diagnostics.configuration.snapshots import take_first_snapshot, take_snapshot
from providers.models import EngineSettings, Provider


def watch_configuration() -> None:
    for model in (EngineSettings, Provider):
        for before in (pre_save, pre_delete):
            before.connect(_before, sender=model, dispatch_uid=f"configuration before {model.__name__}")
        for after in (post_save, post_delete):
            after.connect(_after, sender=model, dispatch_uid=f"configuration after {model.__name__}")


def _before(raw: bool = False, **_: Any) -> None:
    if not raw:  # `loaddata` brings the snapshots along
        take_first_snapshot()


def _after(raw: bool = False, **_: Any) -> None:
    if not raw:
        take_snapshot()
