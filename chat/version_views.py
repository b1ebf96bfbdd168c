"""The versions of a reply side by side, and choosing one of them without scripts."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import user_of
from chat.branching import show_version
from chat.models import Turn
from chat.paths import path_to, versions_on
from chat.presenting import turn_form
from chat.selectors import own_turn, turns_on
from core.errors import NotFound

_COMPARED = 20


@require_safe
@login_required
def compare(request: HttpRequest, turn_id: int) -> HttpResponse:
    """As a fragment for the dialog, or as a page of its own."""
    turn = _own(request, turn_id)
    versions = turns_on([turn.question])
    replied = versions_on([turn])[1]
    shown = path_to(turn.session.head_id).filter(question=turn.question_id).values_list("pk", flat=True)
    context = {
        "turns": [turn_form(each, versions=replied.get(each.pk)) for each in versions[-_COMPARED:]],
        "is_cut": len(versions) > _COMPARED,
        "shown": shown.first(),
        "session": turn.session,
    }
    is_fragment = getattr(request, "htmx", False)
    return render(request, "chat/_compare.html" if is_fragment else "chat/compare.html", context)


@require_POST
@login_required
def show(request: HttpRequest, turn_id: int) -> HttpResponse:
    turn = _own(request, turn_id)
    show_version(turn)
    return redirect("chat:session", turn.session_id)


def _own(request: HttpRequest, turn_id: int) -> Turn:
    try:
        return own_turn(user_of(request), turn_id)
    except NotFound:
        raise Http404 from None
