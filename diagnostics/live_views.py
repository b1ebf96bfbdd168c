"""The live page: what VALIS is doing now."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.recording import record
from accounts.requests import user_of
from accounts.rights import Right
from core.errors import NotFound
from diagnostics.activity.reading import event_form, latest_events
from diagnostics.tiles.all import TILES
from diagnostics.tiles.asking import Tile, ask
from diagnostics.tiles.people import latest_messages
from providers.circuits.closing import circuit_by_id, reset_circuit

_ACTIVITY = Tile("activity", "Activity", "", lambda: {"events": _latest_activity()})

may_watch = permission_required(Right.READ_DIAGNOSTICS.permission, raise_exception=True)
may_change = permission_required(Right.CHANGE_ENGINE.permission, raise_exception=True)
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


@require_POST
@login_required
@may_change
def reset_one(request: HttpRequest, circuit_id: int) -> HttpResponse:
    """Close a circuit, and show how they all stand then."""
    try:
        reset_circuit(circuit_by_id(circuit_id), actor=user_of(request))
    except NotFound:
        raise Http404 from None
    if not getattr(request, "htmx", False):
        return HttpResponseRedirect(reverse("diagnostics:live"))
    context = _context(request) | {"tiles": ask([TILES["circuits"]]), "is_swap": True}
    return render(request, "diagnostics/_tiles.html", context)


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
    user = user_of(request)
    return {
        "may_read_others": user.may(Right.READ_OTHERS_CHATS),
        "may_reset": user.may(Right.CHANGE_ENGINE),
    }


def _latest_activity() -> list[dict[str, Any]]:
    """The newest first."""
    return [event_form(each) for each in reversed(latest_events())]
