"""The live page: what VALIS is doing now."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.audit.recording import record
from accounts.requests import user_of
from accounts.rights import Right
from diagnostics.activity.reading import event_form, latest_events
from diagnostics.tiles.all import TILES
from diagnostics.tiles.asking import Tile, ask
from diagnostics.tiles.people import latest_messages

_ACTIVITY = Tile("activity", "Activity", "", lambda: {"events": _latest_activity()})

may_watch = permission_required(Right.READ_DIAGNOSTICS.permission, raise_exception=True)
may_read_others = permission_required(Right.READ_OTHERS_CHATS.permission, raise_exception=True)


@require_safe
@never_cache
@login_required
@may_watch
def live(request: HttpRequest) -> HttpResponse:
    """Every tile has a second to answer; the page never waits for one that does not."""
    *tiles, activity = ask([*TILES.values(), _ACTIVITY])
    context = _context(request) | {"tiles": tiles, "activity": activity}
    return render(request, "diagnostics/live.html", context)


@require_safe
@never_cache
@login_required
@may_watch
def tiles(request: HttpRequest) -> HttpResponse:
    """Some tiles anew, each to be put in the place of the old one."""
    named = dict.fromkeys(name for name in request.GET.getlist("name") if name in TILES)
    shown = ask([TILES[name] for name in named])
    return render(request, "diagnostics/_tiles.html", _context(request) | {"tiles": shown, "is_swap": True})


@require_safe
@never_cache
@login_required
@may_watch
@may_read_others
def messages(request: HttpRequest) -> HttpResponse:
    """What was last said, for those who may read the chats of others; each look is in the audit log."""
    rows = latest_messages()
    sessions = sorted({str(each.session_id) for each in rows})
    record("messages.read", actor=request.user, sessions=sessions)
    return render(request, "diagnostics/messages.html", {"rows": rows})


def _context(request: HttpRequest) -> dict[str, Any]:
    return {"may_read_others": user_of(request).may(Right.READ_OTHERS_CHATS)}


def _latest_activity() -> list[dict[str, Any]]:
    """The newest first."""
    return [event_form(each) for each in reversed(latest_events())]
