"""The chat API (CH-13)."""

import uuid
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status
from ninja.pagination import CursorPagination, paginate

from accounts.requests import key_of, user_of
from accounts.rights import Right
from chat import keeping, schemas, services, wishes
from chat.gauging import gauge_of
from chat.idling import with_activity
from chat.models import OPEN_STATUSES, Session, Turn
from chat.moving.exporting import FORMS, exported, file_name
from chat.paths import versions_on
from chat.presenting import exchange_form, session_form, turn_form, usage_form
from chat.prospects import prospect_of
from chat.reading import readable_session, readable_turn, sessions_of_person
from chat.receipts import receipt_of
from chat.search.finding import search
from chat.search.schemas import SearchOut
from chat.selectors import exchanges_of, own_session, own_turn, sessions_of
from chat.snapshots import snapshot_of
from chat.waiting import ended_turn
from core.errors import NotFound
from core.schemas import ErrorOut
from core.threads import in_database_thread
from providers.engine_settings import current_limits

router = Router(tags=["chat"])

_ERRORS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut}
_FILES = {
    "text/markdown": {"schema": {"type": "string"}},
    "application/json": {"schema": {"type": "object"}},
}
_MARGIN_SECONDS = 15.0


@router.post(
    "/chat",
    response={200: schemas.ChatOut, 202: schemas.ChatOut, **_ERRORS, 409: ErrorOut, 413: ErrorOut},
    summary="Send a message and get the reply",
)
async def send(request: HttpRequest, data: schemas.ChatIn) -> Status[dict[str, Any]]:
    """Answers with the finished reply, or with 202 and the turn on its way when `wait` is false.

    Without `session_id` a new session is begun. A repeat with the same `client_id` is stored once.
    """
    submission = await in_database_thread(
        services.submit_message,
        user_of(request),
        text=data.message,
        client_id=str(uuid.uuid4()) if data.client_id is None else data.client_id,
        session_id=data.session_id,
        persona_slug=data.persona_id,
        greeting=data.greeting,
    )
    turn = submission.turn
    if data.wait:
        limits = await in_database_thread(current_limits)
        longest = limits.longest_wait + limits.reply_deadline + _MARGIN_SECONDS
        turn = await ended_turn(turn, seconds=longest)
    is_new = submission.is_new
    form = exchange_form(turn, is_only=True) if is_new else await in_database_thread(exchange_form, turn)
    answer = {
        "session_id": turn.session_id,
        **form,
        "reply": turn.current_attempt.text if turn.current_attempt else "",
    }
    return Status(202 if turn.status in OPEN_STATUSES else 200, answer)


@router.get(
    "/sessions",
    response={200: list[schemas.SessionOut], **_ERRORS},
    summary="Your active sessions, the latest first",
)
@paginate(CursorPagination, ordering=("-last_activity_at", "-pk"))
def list_sessions(
    request: HttpRequest,
    active: Annotated[bool, Query(description="`false` for those that nobody wrote in lately")] = True,
    archived: Annotated[bool, Query(description="`true` for those you put away, active or not")] = False,
    owner: Annotated[str | None, Query(description="Somebody else, for who may read their chats")] = None,
) -> QuerySet[Session]:
    """Or, with `active=false`, those that nobody wrote in lately."""
    user = user_of(request, Right.READ)
    if owner is None or owner == user.username:
        sessions = sessions_of(user)
    else:
        sessions = sessions_of_person(user_of(request, Right.READ_OTHERS_CHATS), owner)
    only = None if archived else active
    return with_activity(sessions.filter(is_archived=archived), only=only)


@router.post("/sessions", response={201: schemas.SessionOut, **_ERRORS}, summary="Begin a session")
def create_session(request: HttpRequest, data: schemas.SessionIn) -> Status[dict[str, Any]]:
    """Empty, with the persona that is to answer in it."""
    session = services.create_session(user_of(request), persona_slug=data.persona_id, greeting=data.greeting)
    return Status(201, session_form(session))


@router.get(
    "/sessions/{uuid:session_id}",
    response={200: schemas.ConversationOut, **_ERRORS},
    summary="A session with its newest messages",
)
def get_session(request: HttpRequest, session_id: uuid.UUID) -> dict[str, Any]:
    """The last 100 of the path that is shown, as a snapshot on the socket holds them."""
    return snapshot_of(_readable_session(request, session_id)).form


@router.get(
    "/sessions/{uuid:session_id}/export",
    response=_ERRORS,
    summary="A session as a file",
    url_name="session-export",
    openapi_extra={"responses": {200: {"description": "OK", "content": _FILES}}},
)
def export_session(
    request: HttpRequest,
    session_id: uuid.UUID,
    form: Annotated[Literal["markdown", "json"], Query(description="For people, or for programs")] = "json",
) -> HttpResponse:
    """Everything that was said, each reply as it is now."""
    session = own_session(user_of(request, Right.READ), session_id)
    name = file_name(session, form=form)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(exported(session, form=form), content_type=FORMS[form][0], headers=headers)


@router.patch(
    "/sessions/{uuid:session_id}",
    response={200: schemas.SessionOut, **_ERRORS},
    summary="Rename, pin or archive a session",
)
def change_session(
    request: HttpRequest, session_id: uuid.UUID, data: schemas.SessionChangesIn
) -> dict[str, Any]:
    """Those who look at it are told."""
    return session_form(keeping.change_session(user_of(request), session_id, **data.dict()))


@router.delete(
    "/sessions/{uuid:session_id}",
    response={200: schemas.SessionOut, **_ERRORS},
    summary="Delete a session",
)
def delete_session(request: HttpRequest, session_id: uuid.UUID) -> dict[str, Any]:
    """It is gone at once, and its replies are stopped. For 7 days it can be restored."""
    return session_form(keeping.delete_session(user_of(request), session_id))


@router.post(
    "/sessions/{uuid:session_id}/restore",
    response={200: schemas.SessionOut, **_ERRORS},
    summary="Restore a deleted session",
)
def restore_session(request: HttpRequest, session_id: uuid.UUID) -> dict[str, Any]:
    """As it was, but that its running reply was stopped."""
    return session_form(keeping.restore_session(user_of(request), session_id))


@router.get(
    "/sessions/{uuid:session_id}/messages",
    response={200: schemas.HistoryOut, **_ERRORS},
    summary="What was said, with who answered",
)
def get_messages(
    request: HttpRequest,
    session_id: uuid.UUID,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=0, description="`next_before` of the page before")] = None,
) -> dict[str, Any]:
    """The newest first page by page; each page is in order. All versions are there, shown or not."""
    return exchanges_of(_readable_session(request, session_id), before=before, limit=limit)


@router.get(
    "/sessions/{uuid:session_id}/usage",
    response={200: schemas.SessionUsageOut, **_ERRORS},
    summary="How full its context is, and what it has cost",
)
def get_usage(request: HttpRequest, session_id: uuid.UUID) -> dict[str, Any]:
    """About what would go along with the next message, and all calls that were made for the session."""
    return usage_form(gauge_of(_readable_session(request, session_id)))


def _readable_session(request: HttpRequest, session_id: uuid.UUID) -> Session:
    """A key reads what its owner wrote, and nothing else."""
    user = user_of(request, Right.READ)
    return own_session(user, session_id) if key_of(request) else readable_session(user, session_id)


@router.get("/search", response={200: SearchOut, **_ERRORS}, summary="Look for words in your chats")
def search_chats(
    request: HttpRequest,
    q: Annotated[str, Query(description="Every word is to be found; the last may be the beginning of one")],
    limit: Annotated[int, Query(ge=1, le=100, description="Of one page")] = 20,
    cursor: Annotated[str, Query(description="`next_cursor` of the page before")] = "",
) -> dict[str, Any]:
    """In what you said and in what was replied, the newest first. Never in the chats of others."""
    return search(user_of(request, Right.READ), q, cursor=cursor, limit=limit)


@router.get("/turns/{int:turn_id}", response={200: schemas.TurnOut, **_ERRORS}, summary="How a turn stands")
def get_turn(request: HttpRequest, turn_id: int) -> dict[str, Any]:
    """With the text as far as it is stored: about every second while it is written."""
    turn = own_turn(user_of(request, Right.READ), turn_id)
    return turn_form(turn, prospect_of(turn), versions_on([turn])[1][turn.pk])


@router.get(
    "/turns/{int:turn_id}/receipt",
    response={200: schemas.ReceiptOut, **_ERRORS},
    summary="Why a reply is as it is",
)
def get_receipt(request: HttpRequest, turn_id: int) -> dict[str, Any]:
    """The memories, traits, settings and lore that it could go by, as they were then."""
    user = user_of(request, Right.READ)
    turn = own_turn(user, turn_id) if key_of(request) else readable_turn(user, turn_id)
    receipt = receipt_of(turn)
    if receipt is None:
        raise NotFound("There is no reply yet.", code="reply_missing")
    return receipt


@router.post("/turns/{int:turn_id}/stop", response={202: schemas.TurnOut, **_ERRORS}, summary="Stop a reply")
def stop(request: HttpRequest, turn_id: int) -> Status[dict[str, Any]]:
    """What was written stays. Stopping one that has ended does nothing, unless it waits for a model's answer:
    then it waits no longer."""
    turn = own_turn(user_of(request), turn_id)
    services.stop_turn(turn)
    return Status(202, turn_form(own_turn(user_of(request), turn_id)))


@router.post(
    "/turns/{int:turn_id}/run-again",
    response={202: schemas.TurnOut, **_ERRORS, 409: ErrorOut},
    summary="Run a stopped or interrupted reply again",
)
def run_again(request: HttpRequest, turn_id: int) -> Status[dict[str, Any]]:
    """The same turn is queued again; its earlier text stays readable as an earlier attempt."""
    turn: Turn = services.run_turn_again(own_turn(user_of(request), turn_id))
    return Status(202, turn_form(turn))


@router.post(
    "/turns/{int:turn_id}/answer-properly",
    response={202: schemas.TurnOut, **_ERRORS, 409: ErrorOut},
    summary="Have a reply of the fallback voice answered by a model",
)
def answer_properly(request: HttpRequest, turn_id: int) -> Status[dict[str, Any]]:
    """At once, or as soon as a provider is back: until then the reply stays, and `wished_at` is set."""
    turn: Turn = wishes.answer_properly(own_turn(user_of(request), turn_id))
    return Status(202, turn_form(turn))
