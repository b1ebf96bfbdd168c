"""Personas as files over the API."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import Query, Router, Status

from accounts.requests import user_of
from accounts.rights import Right
from core.errors import InvalidInput
from core.schemas import ErrorOut
from personas import limits
from personas.cards.schemas import ImportedOut
from personas.cards.services import export_persona, import_persona, prepare_import
from personas.cards.writing import FORMS

router = Router(tags=["personas"])
_ERRORS = dict.fromkeys((400, 401, 403, 404, 413), ErrorOut)
_BINARY = {"type": "string", "format": "binary"}
_FILES = {
    media: {"schema": _BINARY if media == "image/png" else {"type": "object"}} for media, _ in FORMS.values()
}
_FILE = {
    "description": "A character card as PNG or JSON, or a persona as JSON or YAML, up to 5 MB.",
    "title": "PersonaFile",
    "type": "object",
    "properties": {"file": _BINARY | {"title": "File", "examples": ["wren.png"]}},
    "required": ["file"],
}


@router.post(
    "/personas/import",
    response={200: ImportedOut, 201: ImportedOut, **_ERRORS},
    summary="Make a persona from a file",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}},
)
def import_file(
    request: HttpRequest,
    dry_run: Annotated[bool, Query(description="read it and report, without saving anything")] = False,
) -> Status[dict[str, Any]]:
    """It is not active until staff have read the report and made it so in admin."""
    by = user_of(request, Right.EDIT_PERSONAS)
    content = _sent_file(request)
    prepared = prepare_import(content) if dry_run else import_persona(content, by=by)
    persona = prepared.persona
    told = {
        "id": persona.slug,
        "name": persona.name,
        "is_saved": not dry_run,
        "report": asdict(prepared.report),
    }
    return Status(200 if dry_run else 201, told)


def _sent_file(request: HttpRequest) -> bytes:
    """Not an argument of the operation: those who may not send one are told so first."""
    try:
        file = request.FILES.get("file")
    except MultiPartParserError:
        file = None
    if file is None:
        raise InvalidInput("Send the file as “file” of a form.", code="card_unreadable")
    return bytes(file.read(limits.CARD_BYTES + 1))


@router.get(
    "/personas/{slug}/export",
    response=_ERRORS,
    summary="A persona as a file",
    url_name="export-persona",
    openapi_extra={"responses": {200: {"description": "OK", "content": _FILES}}},
)
def export_file(
    request: HttpRequest,
    slug: str,
    form: Annotated[
        Literal["json", "yaml", "card-v2", "card-v3", "png"],
        Query(description="of our own, or a character card", example="card-v3"),
    ] = "json",
) -> HttpResponse:
    """Of our own form with everything, or a card for other tools. Also of a persona that is not active."""
    by = user_of(request, Right.READ_PROMPTS)
    file = export_persona(slug, form=form, by=by)
    return HttpResponse(
        file.content,
        content_type=file.media_type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )
