"""The configuration over the API: what is in force, changing it, its snapshots and its file."""

from dataclasses import asdict
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from accounts.models import User
from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from diagnostics.configuration import schemas
from diagnostics.configuration.changing import Plan, apply, plan
from diagnostics.configuration.comparing import FILE, cascade, compare
from diagnostics.configuration.moving import export_to_file, plan_of_file, plan_of_snapshot
from diagnostics.configuration.snapshots import find_snapshot, snapshots_before
from diagnostics.models import Snapshot

router = Router(tags=["diagnostics"])
_ERRORS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut}


@router.get("/config", response={200: schemas.ConfigOut, **_ERRORS}, summary="The configuration in force")
def config(request: HttpRequest) -> dict[str, Any]:
    """Each setting with its value, where that comes from, and who goes by another one."""
    user_of(request, Right.READ_CONFIGURATION)
    compared = compare()
    broken = [each for each in compared.settings if each.problem]
    return {
        "version": settings.VALIS_VERSION,
        "engine": {each.name: each.value for each in compared.settings},
        "problems": [
            f"{each.name} = {each.stored!r:.60}: {each.problem} The default is used." for each in broken
        ],
        "cascade": [asdict(each) for each in cascade()],
        "settings": [asdict(each) for each in compared.settings],
        "processes": [asdict(each) for each in compared.processes],
        "file": asdict(compared.file) | {"problems": compared.file_problems},
    }


@router.post("/config", response={200: schemas.ChangedOut, **_ERRORS}, summary="Change the configuration")
def change(request: HttpRequest, wanted: schemas.ConfigIn) -> dict[str, Any]:
    """All of it or nothing. In force for the next reply."""
    by = user_of(request, Right.CHANGE_ENGINE)
    planned = plan({"engine": wanted.engine, "providers": wanted.providers})
    return _carried_out(planned, by=by, how="api", dry_run=wanted.dry_run)


@router.get(
    "/config/snapshots",
    response={200: schemas.SnapshotsOut, **_ERRORS},
    summary="Changes of the configuration, the newest first",
)
def snapshots(
    request: HttpRequest,
    limit: Annotated[int, Query(), Field(ge=1, le=200)] = 50,
    before: Annotated[
        int | None, Query(), Field(ge=0, description="`next_before` of the page before")
    ] = None,
) -> dict[str, Any]:
    """Each change made one: who changed what, and when."""
    user_of(request, Right.READ_CONFIGURATION)
    rows = snapshots_before(before, limit=limit)
    return {"results": rows, "next_before": rows[-1].pk if len(rows) == limit else None}


@router.get(
    "/config/snapshots/{int:snapshot_id}",
    response={200: schemas.WholeSnapshotOut, **_ERRORS},
    summary="The whole configuration after one change",
)
def snapshot(request: HttpRequest, snapshot_id: int) -> Snapshot:
    """With the whole configuration as it was then."""
    user_of(request, Right.READ_CONFIGURATION)
    return find_snapshot(snapshot_id)


@router.post(
    "/config/snapshots/{int:snapshot_id}/restore",
    response={200: schemas.ChangedOut, **_ERRORS},
    summary="Go back to a snapshot",
)
def restore(request: HttpRequest, snapshot_id: int, wanted: schemas.DryRunIn) -> dict[str, Any]:
    """Providers that are gone stay gone, new ones stay as they are, and nobody's key or address changes."""
    by = user_of(request, Right.CHANGE_ENGINE)
    planned = plan_of_snapshot(find_snapshot(snapshot_id))
    return _carried_out(planned, by=by, how=f"restored #{snapshot_id}", dry_run=wanted.dry_run)


@router.post(
    "/config/file/export",
    response={200: schemas.ExportedOut, 503: ErrorOut, **_ERRORS},
    summary="Write the configuration to its file",
)
def export(request: HttpRequest) -> dict[str, str]:
    """It holds no keys."""
    return {"path": export_to_file(by=user_of(request, Right.CHANGE_ENGINE))}


@router.post(
    "/config/file/load",
    response={200: schemas.ChangedOut, **_ERRORS},
    summary="Load the configuration from its file",
)
def load(request: HttpRequest, wanted: schemas.DryRunIn) -> dict[str, Any]:
    """All of it or nothing: a mistake in the file is told with its line or its key."""
    by = user_of(request, Right.CHANGE_ENGINE)
    return _carried_out(plan_of_file(), by=by, how=FILE, dry_run=wanted.dry_run)


def _carried_out(planned: Plan, *, by: User, how: str, dry_run: bool) -> dict[str, Any]:
    planned.check()
    if not dry_run:
        apply(planned, by=by, how=how)
    changed = [asdict(each) for each in planned.changes]
    return {"dry_run": dry_run, "changed": changed, "notes": planned.notes}
