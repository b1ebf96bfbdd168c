"""The audit log over the API, for those who may read it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.audit.exporting import FORMS, entries_before, entry_form, exported
from accounts.audit.recording import record
from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from core.threads import in_database_thread

router = Router(tags=["audit"])
_ERRORS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut}
_FILES = {kind: {"schema": {"type": "string"}} for kind in ("text/csv", "application/jsonl")}


class AuditQuery(Schema):
    """Which entries are wanted."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[int | None, Field(ge=0, description="`next_before` of the page before")] = None
    actor: Annotated[str | None, Field(description="user name")] = None
    action: Annotated[str | None, Field(description="such as `provider.changed`")] = None
    since: datetime | None = None


class AuditEntryOut(Schema):
    """Who did what to what, when and from where. Names are as they were then."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    target_type: str
    target_id: str
    target: str
    details: dict[str, Any]
    address: str
    client: str
    request_id: str


class AuditOut(Schema):
    """`next_before` is null when there is nothing older."""

    results: list[AuditEntryOut]
    next_before: int | None


@router.get("/audit", response={200: AuditOut, **_ERRORS}, summary="Who did what, the newest first")
def audit(request: HttpRequest, asked: Annotated[AuditQuery, Query()]) -> dict[str, Any]:
    """Page by page: `next_before` of one goes into `before` for the next."""
    user_of(request, Right.READ_AUDIT)
    conditions = {"actor": asked.actor, "action": asked.action, "at__gte": asked.since}
    given = {name: value for name, value in conditions.items() if value}
    entries = entries_before(asked.before, limit=asked.limit, **given)
    return {
        "results": [entry_form(each) for each in entries],
        "next_before": entries[-1].pk if len(entries) == asked.limit else None,
    }


@router.get(
    "/audit/export",
    response=_ERRORS,
    summary="The whole audit log as a file, the oldest first",
    url_name="audit-export",
    openapi_extra={"responses": {200: {"description": "OK", "content": _FILES}}},
)
async def export(request: HttpRequest, form: Literal["csv", "jsonl"] = "csv") -> StreamingHttpResponse:
    """As a table or as an object a line, in one stream. The export itself becomes an entry."""

    def begin() -> None:
        record("audit.exported", actor=user_of(request, Right.READ_AUDIT), form=form)

    await in_database_thread(begin)
    return StreamingHttpResponse(
        _pieces(form),
        content_type=FORMS[form][0],
        headers={"Content-Disposition": f'attachment; filename="valis-audit.{form}"'},
    )


async def _pieces(form: str) -> AsyncIterator[str]:
    """One page in memory at a time, each read in a thread."""
    pieces = exported(form)
    while (piece := await in_database_thread(next, pieces, None)) is not None:
        yield piece
