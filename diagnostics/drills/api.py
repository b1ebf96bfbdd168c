"""Drills over the API."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Status
from ninja.pagination import CursorPagination, paginate

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from diagnostics.drills import schemas
from diagnostics.drills.asking import ask_once
from diagnostics.drills.reporting import drill_form, report_form, report_of
from personas.selectors import active_personas, get_active_persona
from providers.drills.models import Drill
from providers.drills.reading import drill_by_id
from providers.drills.running import end_drill, let_recover, start_drill

router = Router(tags=["diagnostics"])
_ERRORS = {401: ErrorOut, 403: ErrorOut, 404: ErrorOut}


@router.get(
    "/drills", response={200: list[schemas.DrillOut], 401: ErrorOut, 403: ErrorOut}, summary="Failover drills"
)
@paginate(CursorPagination, ordering=("-pk",))
def list_drills(request: HttpRequest) -> QuerySet[Drill]:
    """The newest first; those that ended two weeks ago are gone."""
    user_of(request, Right.READ_DIAGNOSTICS)
    return Drill.objects.all()


@router.post(
    "/drills",
    response={201: schemas.DrillOut, 400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 409: ErrorOut},
    summary="Make a provider fail on purpose",
)
def start(request: HttpRequest, data: schemas.DrillIn) -> Status[dict[str, Any]]:
    """Nobody calls the provider meanwhile, and its own circuit stays as it is."""
    return Status(201, drill_form(start_drill(user_of(request, Right.CHANGE_ENGINE), **data.model_dump())))


@router.get(
    "/drills/{int:drill_id}",
    response={200: schemas.DrillReportOut, **_ERRORS},
    summary="What came of a drill",
)
def report(request: HttpRequest, drill_id: int) -> dict[str, Any]:
    """Each call of the replies that were in it, its circuits, and what it has shown so far."""
    user_of(request, Right.READ_DIAGNOSTICS)
    return report_form(report_of(drill_by_id(drill_id)))


@router.post(
    "/drills/{int:drill_id}/ask",
    response={202: schemas.AskedOut, **_ERRORS, 409: ErrorOut},
    summary="Ask a persona once, as part of a drill",
)
def ask(request: HttpRequest, drill_id: int, data: schemas.AskIn) -> Status[dict[str, Any]]:
    """In a session of its own, which nobody sees. The report tells what came of it."""
    user = user_of(request, Right.CHANGE_ENGINE)
    drill = drill_by_id(drill_id)
    first = active_personas().first()
    persona = get_active_persona(data.persona_id or (first.slug if first else ""))
    return Status(202, {"turn": ask_once(drill, user, persona=persona).pk})


@router.post(
    "/drills/{int:drill_id}/recover",
    response={200: schemas.DrillOut, **_ERRORS},
    summary="Let the provider of a drill succeed again",
)
def recover(request: HttpRequest, drill_id: int) -> dict[str, Any]:
    """Its circuit has to find out by itself; the drill ends when it is closed."""
    user = user_of(request, Right.CHANGE_ENGINE)
    drill: Drill = drill_by_id(drill_id)
    let_recover(drill, by=user)
    return drill_form(drill)


@router.post("/drills/{int:drill_id}/end", response={200: schemas.DrillOut, **_ERRORS}, summary="End a drill")
def end(request: HttpRequest, drill_id: int) -> dict[str, Any]:
    """At once: everything is as if there had been no drill. One that has ended stays as it is."""
    user = user_of(request, Right.CHANGE_ENGINE)
    drill: Drill = drill_by_id(drill_id)
    end_drill(drill, by=user)
    return drill_form(drill)
