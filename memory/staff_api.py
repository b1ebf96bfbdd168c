"""The API of what staff do with what personas know; the same as in admin."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from memory import schemas, selectors, staff

router = Router(tags=["memory"])
_ERRORS = dict.fromkeys((400, 401, 403, 404, 409), ErrorOut)
_ADDED = {201: schemas.MemoryOut, **_ERRORS}
_CHANGED = {200: schemas.MemoryOut, **_ERRORS}


@router.post("/bots/{slug}/memory/for-everybody", response=_ADDED, summary="Add a memory for everybody")
def add(request: HttpRequest, slug: str, data: schemas.StaffMemoryIn) -> Status[dict[str, Any]]:
    """What this persona is to know, whoever it talks with. What is known already is not stored twice."""
    by = user_of(request, Right.EDIT_PERSONAS)
    memory = staff.add_for_everybody(by, selectors.any_persona(slug), **data.dict())
    return Status(201, selectors.memory_form(memory))


@router.patch("/staff/memories/{int:memory_id}", response=_CHANGED, summary="Change a memory as staff")
def change(request: HttpRequest, memory_id: int, data: schemas.StaffMemoryChangesIn) -> dict[str, Any]:
    """One for everybody, or one about somebody else for who may read the chats of others."""
    by = user_of(request, Right.EDIT_PERSONAS)
    return selectors.memory_form(staff.change(by, memory_id, **data.dict()))


@router.delete(
    "/staff/memories/{int:memory_id}",
    response={200: schemas.ForgottenOut, **_ERRORS},
    summary="Delete a memory as staff",
)
def delete(request: HttpRequest, memory_id: int) -> dict[str, int]:
    """For good, with what it took the place of, and the copies of its text kept with replies."""
    staff.delete(user_of(request, Right.EDIT_PERSONAS), memory_id)
    return {"forgotten": 1}
