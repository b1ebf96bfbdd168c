"""Fidelity runs over the API."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Status
from ninja.pagination import CursorPagination, paginate

from accounts.requests import key_of, user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from diagnostics.fidelity import schemas
from diagnostics.fidelity.comparing import comparisons_of
from diagnostics.fidelity.models import FidelityRun
from diagnostics.fidelity.presenting import report_form, run_form
from diagnostics.fidelity.reading import persona_for_fidelity, run_before, run_by_id, runs_of
from diagnostics.fidelity.reporting import report_of
from diagnostics.fidelity.starting import start_run, stop_run

router = Router(tags=["diagnostics"])
_ERRORS = {401: ErrorOut, 403: ErrorOut, 404: ErrorOut}


@router.get(
    "/personas/{slug}/fidelity",
    response={200: list[schemas.FidelityRunOut], **_ERRORS},
    summary="Fidelity runs of a persona",
)
@paginate(CursorPagination, ordering=("-pk",))
def list_runs(request: HttpRequest, slug: str) -> QuerySet[FidelityRun]:
    """The newest first; the last fifty are kept."""
    user_of(request, Right.READ_DIAGNOSTICS)
    return runs_of(persona_for_fidelity(slug).slug)


@router.post(
    "/personas/{slug}/fidelity",
    response={202: schemas.FidelityRunOut, 400: ErrorOut, **_ERRORS, 409: ErrorOut},
    summary="Put a persona's golden dialogues to every provider",
)
def start(request: HttpRequest, slug: str, data: schemas.FidelityIn) -> Status[dict[str, Any]]:
    """And to the fallback voice. In the background, behind people's replies, within the persona's caps."""
    user = user_of(request, Right.EDIT_PERSONAS)
    return Status(202, run_form(start_run(persona_for_fidelity(slug), by=user, only=data.speakers)))


@router.get(
    "/fidelity/{int:run_id}",
    response={200: schemas.FidelityReportOut, **_ERRORS},
    summary="How far the replies of a run drift",
)
def report(request: HttpRequest, run_id: int) -> dict[str, Any]:
    """Also while it runs. What was said is there for those who may see prompts."""
    user = user_of(request, Right.READ_DIAGNOSTICS)
    asking = key_of(request) or user
    run = run_by_id(run_id)
    return report_form(
        report_of(run, before=run_before(run)), comparisons_of(run) if asking.may(Right.READ_PROMPTS) else []
    )


@router.post(
    "/fidelity/{int:run_id}/stop",
    response={200: schemas.FidelityRunOut, **_ERRORS},
    summary="Stop a fidelity run",
)
def stop(request: HttpRequest, run_id: int) -> dict[str, Any]:
    """At once, with what was answered so far. One that is over stays as it is."""
    user = user_of(request, Right.EDIT_PERSONAS)
    run = run_by_id(run_id)
    stop_run(run, by=user)
    return run_form(run)
