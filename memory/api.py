"""The API of what personas know."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Status

from accounts.models import User
from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from memory import editing, schemas, selectors, switches
from memory.models import Memory
from personas.models import Persona

router = Router(tags=["memory"])
_ERRORS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut}
_CHANGE_ERRORS = {**_ERRORS, 409: ErrorOut}
_OVERVIEW = {200: schemas.OverviewOut, **_ERRORS}
_CHANGED = {200: schemas.MemoryOut, **_CHANGE_ERRORS}
_ADDED = {201: schemas.MemoryOut, **_CHANGE_ERRORS}
_FILES = {"application/json": {"schema": {"type": "object"}}}
_Person = Annotated[str | None, Query(description="somebody else's user name, for who may read their chats")]


@router.get(
    "/bots/{slug}/memory", response={200: schemas.OverviewOut, **_ERRORS}, summary="How much is known"
)
def overview(request: HttpRequest, slug: str, person: _Person = None) -> dict[str, Any]:
    """How many memories of each kind, and the switches."""
    persona = selectors.any_persona(slug)
    return _overview(_whose(request, person, persona), persona)


@router.get(
    "/bots/{slug}/memory/warm", response={200: schemas.MemoriesOut, **_ERRORS}, summary="Warm memories"
)
def list_warm(
    request: HttpRequest, slug: str, asked: Annotated[schemas.WarmQuery, Query()]
) -> dict[str, Any]:
    """What a persona knows about you, and what holds for everybody, the newest first."""
    return _page(selectors.warm(_rows(request, slug, asked), asked.kind or ""), asked)


@router.get(
    "/bots/{slug}/memory/cold", response={200: schemas.MemoriesOut, **_ERRORS}, summary="Cold memories"
)
def list_cold(
    request: HttpRequest, slug: str, asked: Annotated[schemas.ColdQuery, Query()]
) -> dict[str, Any]:
    """Summaries of stretches of time, the newest first."""
    return _page(selectors.cold(_rows(request, slug, asked)), asked)


@router.post("/bots/{slug}/memory", response=_ADDED, summary="Add a memory")
def add(request: HttpRequest, slug: str, data: schemas.MemoryIn) -> Status[dict[str, Any]]:
    """About yourself. What is known already is not stored twice."""
    person = user_of(request)
    memory = editing.add_own(person, selectors.any_persona(slug), **data.dict())
    return Status(201, selectors.memory_form(memory))


@router.delete(
    "/bots/{slug}/memory", response={200: schemas.ForgottenOut, **_ERRORS}, summary="Forget all about you"
)
def forget_all(request: HttpRequest, slug: str) -> dict[str, int]:
    """Everything that this persona knows about you, at once and for good."""
    return {"forgotten": editing.forget_own(user_of(request), selectors.any_persona(slug))}


@router.put(
    "/bots/{slug}/memory", response={200: schemas.OverviewOut, **_ERRORS}, summary="Switch a persona's"
)
def switch_persona(request: HttpRequest, slug: str, data: schemas.SwitchIn) -> dict[str, Any]:
    """For everybody who talks with it, from its next reply on. Nothing is deleted."""
    staff = user_of(request, Right.EDIT_PERSONAS)
    persona = selectors.any_persona(slug)
    switches.switch_persona(persona, is_on=data.is_on, actor=staff)
    return _overview(staff, persona)


@router.get(
    "/bots/{slug}/memory/export",
    response=_ERRORS,
    summary="What is known about you, as a file",
    url_name="memory-export",
    openapi_extra={"responses": {200: {"description": "OK", "content": _FILES}}},
)
def export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All memories of this persona about you, the oldest first, as JSON."""
    person = user_of(request, Right.READ)
    persona = selectors.any_persona(slug)
    return StreamingHttpResponse(
        _pieces(person, persona),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="memory-of-{slug}.json"'},
    )


@router.put("/memory", response={200: schemas.SwitchIn, **_ERRORS}, summary="Whether you are remembered")
def switch_own(request: HttpRequest, data: schemas.SwitchIn) -> dict[str, bool]:
    """By all personas, from their next reply to you on. What is stored stays, until it is deleted."""
    switches.want_memory(user_of(request), is_on=data.is_on)
    return {"is_on": data.is_on}


@router.patch(
    "/memories/{int:memory_id}",
    response={200: schemas.MemoryOut, **_CHANGE_ERRORS},
    summary="Change a memory",
)
def change(request: HttpRequest, memory_id: int, data: schemas.MemoryChangesIn) -> dict[str, Any]:
    """One about yourself. A text of yours is certain."""
    return selectors.memory_form(editing.change_own(user_of(request), memory_id, **data.dict()))


@router.delete(
    "/memories/{int:memory_id}", response={200: schemas.ForgottenOut, **_ERRORS}, summary="Delete a memory"
)
def delete(request: HttpRequest, memory_id: int) -> dict[str, int]:
    """Out of use at once. Ten minutes later it is gone for good, and with it what it took the place of, and
    the copies of its text kept with replies."""
    editing.delete_own(user_of(request), memory_id)
    return {"forgotten": 1}


@router.post(
    "/memories/{int:memory_id}/restore",
    response={200: schemas.MemoryOut, **_ERRORS},
    summary="Take the deletion of a memory back",
)
def restore(request: HttpRequest, memory_id: int) -> dict[str, Any]:
    """Within ten minutes."""
    return selectors.memory_form(editing.restore_own(user_of(request), memory_id))


def _overview(person: User, persona: Persona) -> dict[str, Any]:
    kinds = selectors.counts(person, persona)
    cold = kinds.pop("summary")
    return {**switches.standing(person, persona), "persona": persona.slug, "warm": kinds, "cold": cold}


def _rows(request: HttpRequest, slug: str, asked: schemas.ColdQuery) -> QuerySet[Memory]:
    persona = selectors.any_persona(slug)
    rows = selectors.about(_whose(request, asked.person, persona), persona)
    return selectors.found(rows, asked.q) if asked.q else rows


def _whose(request: HttpRequest, username: str | None, persona: Persona) -> User:
    user = user_of(request, Right.READ)
    if username is None or username == user.username:
        return user
    return selectors.person_read_by(user_of(request, Right.READ_OTHERS_CHATS), username, persona)


def _page(rows: QuerySet[Memory], asked: schemas.ColdQuery) -> dict[str, Any]:
    end = asked.offset + asked.limit
    page = list(rows[asked.offset : end + 1])
    results = [selectors.memory_form(each) for each in page[: asked.limit]]
    return {"results": results, "next_offset": end if len(page) > asked.limit else None}


def _pieces(person: User, persona: Persona) -> Iterator[str]:
    yield f'{{"valis_memory": 1, "persona": {json.dumps(persona.slug)}, "memories": ['
    for place, each in enumerate(selectors.exported(person, persona)):
        yield f"{',' if place else ''}\n{json.dumps(each, ensure_ascii=False, default=str)}"
    yield "\n]}\n"
