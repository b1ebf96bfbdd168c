"""The gauge of a session: how full its context is and what it has cost, in short and in full."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import user_of
from chat.gauging import gauge_of
from chat.selectors import own_session
from core.errors import NotFound


@require_safe
@login_required
def gauge(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """What the header shows, as a fragment."""
    return render(request, "chat/_gauge.html", _context(request, session_id))


@require_safe
@login_required
def usage(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """As a fragment for the dialog, or as a page of its own."""
    template = "chat/_usage.html" if getattr(request, "htmx", False) else "chat/usage.html"
    return render(request, template, _context(request, session_id))


def _context(request: HttpRequest, session_id: uuid.UUID) -> dict[str, Any]:
    try:
        session = own_session(user_of(request), session_id)
    except NotFound:
        raise Http404 from None
    return {"session": session, "gauge": gauge_of(session)}
