"""The API of health and activity."""

from dataclasses import asdict
from typing import Annotated, Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from accounts.authentication import identify
from accounts.requests import user_of
from accounts.rights import Right
from core.errors import ValisError
from core.schemas import ErrorOut
from core.threads import in_database_thread
from diagnostics.activity.reading import FEW, MOST_AT_ONCE, event_form, events_after, latest_events
from diagnostics.health import READINESS, check_parts, overall
from diagnostics.schemas import ActivityOut, HealthOut, LiveOut

router = Router(tags=["diagnostics"])


_HEALTH = {200: HealthOut, 503: HealthOut}


@router.get("/health", auth=None, response=_HEALTH, summary="Every part of VALIS")
async def health(request: HttpRequest) -> Status[dict[str, Any]]:
    """503 when a part fails. "degraded" means that VALIS answers, if only with the fallback voice."""
    return await _report(request)


@router.get("/ready", auth=None, response=_HEALTH, summary="Whether to send requests")
async def ready(request: HttpRequest) -> Status[dict[str, Any]]:
    """What accepting a message needs: database, broker and live events."""
    return await _report(request, *READINESS)


@router.get("/live", auth=None, response=LiveOut, summary="Whether the process runs")
async def live(request: HttpRequest) -> dict[str, str]:
    """Asks nothing of other parts: restart VALIS when this does not answer."""
    return {"status": "ok"}


@router.get(
    "/activity",
    response={200: ActivityOut, 401: ErrorOut, 403: ErrorOut},
    summary="What has happened",
)
def activity(
    request: HttpRequest,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = FEW,
) -> dict[str, Any]:
    """The events after an id, in order; without one, the newest. `/ws/activity` tells them at once."""
    user_of(request, Right.READ_DIAGNOSTICS)
    events = latest_events(limit) if after is None else events_after(after, limit=limit)
    return {
        "events": [event_form(each) for each in events],
        "last": events[-1].pk if events else after or 0,
        "has_more": after is not None and len(events) == limit,
    }


async def _report(request: HttpRequest, *names: str) -> Status[dict[str, Any]]:
    parts = await check_parts(*names)
    is_known = await in_database_thread(_may_read_details, request)
    status = overall(parts)
    report = {
        "status": status,
        "version": settings.VALIS_VERSION if is_known else "",
        "checked_at": timezone.now(),
        "parts": [asdict(part) | ({} if is_known else {"detail": ""}) for part in parts],
    }
    return Status(503 if status == "failing" else 200, report)


def _may_read_details(request: HttpRequest) -> bool:
    try:
        identify(request)
        return bool(user_of(request, Right.READ_DIAGNOSTICS))
    except (ValisError, DatabaseError):  # without a database there is nobody to know
        return False
