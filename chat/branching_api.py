"""Other versions of replies and messages, by the API (CH-5)."""

import uuid
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from accounts.requests import user_of
from chat import branching, schemas
from chat.presenting import exchange_form, turn_form
from chat.selectors import own_message, own_turn
from chat.snapshots import snapshot_of
from core.schemas import ErrorOut

router = Router(tags=["chat"])

_ERRORS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut}


@router.post(
    "/turns/{int:turn_id}/regenerate",
    response={202: schemas.TurnOut, **_ERRORS, 409: ErrorOut},
    summary="Have a reply written once more",
)
def regenerate(request: HttpRequest, turn_id: int, data: schemas.RegenerateIn) -> Status[dict[str, Any]]:
    """A new turn on the same message, which is shown from now on. The earlier reply stays beside it."""
    turn = own_turn(user_of(request), turn_id)
    return Status(202, turn_form(branching.regenerate(turn, persona_slug=data.persona_id)))


@router.post(
    "/messages/{int:message_id}/edit",
    response={202: schemas.ChatOut, **_ERRORS, 409: ErrorOut, 413: ErrorOut},
    summary="Send a message anew with another text",
)
def edit(request: HttpRequest, message_id: int, data: schemas.EditIn) -> Status[dict[str, Any]]:
    """A new message in the place of the earlier one. That one stays beside it, with all that followed."""
    submission = branching.edit_and_resend(
        own_message(user_of(request), message_id),
        text=data.message,
        client_id=str(uuid.uuid4()) if data.client_id is None else data.client_id,
        persona_slug=data.persona_id,
    )
    turn = submission.turn
    return Status(202, {"session_id": turn.session_id, **exchange_form(turn), "reply": ""})


@router.post(
    "/turns/{int:turn_id}/show",
    response={200: schemas.ConversationOut, **_ERRORS},
    summary="Show another version of a reply",
)
def show_turn(request: HttpRequest, turn_id: int) -> dict[str, Any]:
    """With the newest of what followed it. Those who look at the session are told."""
    return snapshot_of(branching.show_version(own_turn(user_of(request), turn_id))).form


@router.post(
    "/messages/{int:message_id}/show",
    response={200: schemas.ConversationOut, **_ERRORS},
    summary="Show another version of a message",
)
def show_message(request: HttpRequest, message_id: int) -> dict[str, Any]:
    """With the newest of what followed it. Those who look at the session are told."""
    return snapshot_of(branching.show_version(own_message(user_of(request), message_id))).form
