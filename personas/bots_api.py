"""The API of a persona's configuration."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from personas import schemas
from personas.configuring import configuration_of, configure

router = Router(tags=["personas"])
_ERRORS = dict.fromkeys((400, 401, 403, 404), ErrorOut)
_CONFIG = {200: schemas.ConfigOut, **_ERRORS}
_CAPS = {200: schemas.CapsOut, **_ERRORS}


@router.get("/bots/{slug}/config", response=_CONFIG, summary="A persona's configuration")
def config(request: HttpRequest, slug: str) -> dict[str, Any]:
    """All that staff edit, also of a persona that is not active."""
    user_of(request, Right.READ_PROMPTS)
    return configuration_of(slug)


@router.put("/bots/{slug}/config", response=_CONFIG, summary="Change a persona's configuration")
def change_config(request: HttpRequest, slug: str, data: schemas.ConfigIn) -> dict[str, Any]:
    """What is left out stays. All of it or nothing; from the next reply on."""
    by = user_of(request, Right.EDIT_PERSONAS)
    return configure(slug, data.dict(exclude_unset=True), by=by)


@router.put("/bots/{slug}/cost-cap", response=_CAPS, summary="Change a persona's daily caps")
def change_caps(request: HttpRequest, slug: str, data: schemas.CapsIn) -> dict[str, Any]:
    """What is left out stays; null takes the engine's setting, 0 allows nothing. From the next call on."""
    by = user_of(request, Right.EDIT_PERSONAS)
    return configure(slug, data.dict(exclude_unset=True), by=by)
