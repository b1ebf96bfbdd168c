"""A snapshot of the configuration with each change of it, whichever way the change came."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from accounts.audit.recording import Person
from core import events
from core.callers import current_caller
from core.errors import NotFound
from core.request_id import current_request_id
from diagnostics.configuration.form import configuration, differences
from diagnostics.models import Snapshot

KEPT = 1_000
_together: ContextVar[bool] = ContextVar("snapshots are taken together", default=False)


@contextmanager
def taken_together(*, by: Person, how: str) -> Iterator[None]:
    """What is changed inside makes one snapshot at the end. For use in a transaction."""
    take_first_snapshot()
    mark = _together.set(True)
    try:
        yield
    finally:
        _together.reset(mark)
    take_snapshot(by=by, how=how)


def take_first_snapshot() -> None:
    """How it was before anything changed, if that is not known yet."""
    if not _together.get() and not Snapshot.objects.exists():
        take_snapshot(by=None, how="before the first change")


def take_snapshot(*, by: Person = None, how: str = "") -> Snapshot | None:
    """None when nothing differs from the newest one, or several changes are taken together."""
    if _together.get():
        return None
    before = Snapshot.objects.first()
    data = configuration()
    changes = differences(before.data, data) if before else []
    if before and not changes:
        return None
    person, door = (by, how) if how else _who_and_how()
    snapshot = Snapshot.objects.create(
        actor_id=person.pk if person else None,
        actor=person.get_username() if person else "",
        how=door,
        data=data,
        changes=[asdict(each) for each in changes],
        request_id=current_request_id(),
    )
    facts = {"snapshot": snapshot.pk, "how": door, "actor": snapshot.actor}
    keys = [each.key for each in changes]
    transaction.on_commit(lambda: events.emit("config_updated", **facts, keys=keys))
    return snapshot


def _who_and_how() -> tuple[Person, str]:
    """Of a change that was made without saying so: a row that was saved in admin, or by a program."""
    request = current_caller().request
    if request is None:
        return None, "command line"
    user = getattr(request, "user", None)
    is_person = user is not None and not isinstance(user, AnonymousUser) and user.is_authenticated
    door = request.path.split("/")[1] or "page"
    return (user if is_person else None), door


def find_snapshot(snapshot_id: int) -> Snapshot:
    """Raises `NotFound`."""
    if snapshot := Snapshot.objects.filter(pk=snapshot_id).first():
        return snapshot
    raise NotFound("There is no such snapshot.", code="snapshot_not_found")


def snapshots_before(snapshot_id: int | None, *, limit: int) -> list[Snapshot]:
    """The newest first, without their data."""
    rows = Snapshot.objects.defer("data")
    return list((rows.filter(pk__lt=snapshot_id) if snapshot_id else rows)[:limit])


def last_changes() -> dict[str, Snapshot]:
    """The newest snapshot that changed a key, by key."""
    changed: dict[str, Any] = {}
    for snapshot in snapshots_before(None, limit=KEPT):
        for change in snapshot.changes:
            changed.setdefault(change["key"], snapshot)
    return changed


def forget_old_snapshots() -> int:
    """Keep the newest. Returns how many are gone."""
    oldest = Snapshot.objects.values_list("pk", flat=True)[KEPT : KEPT + 1]
    return Snapshot.objects.filter(pk__lte=oldest[0]).delete()[0] if oldest else 0
