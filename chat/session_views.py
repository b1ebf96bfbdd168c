"""The menu of a session, its page for browsers without scripts, and the lists of all and of archived ones."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import user_of
from chat import keeping
from chat.listing import Place, page_of
from chat.models import Session
from chat.moving.importing import import_chats
from chat.moving.reading import MOST_BYTES
from chat.selectors import own_session
from core.errors import InvalidInput, NotFound, ValisError

_CHANGED = {"HX-Trigger": "sessions-changed"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def manage(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """What can be done with a session: as a menu, or as a page of its own."""
    user = user_of(request)
    try:
        if request.method != "POST":
            return _menu(request, own_session(user, session_id))
        keeping.change_session(user, session_id, **_changes(request))
    except NotFound:
        raise Http404 from None
    except InvalidInput as error:
        return _menu(request, own_session(user, session_id), problem=error.message)
    return (
        HttpResponse(status=204, headers=_CHANGED)
        if _is_htmx(request)
        else redirect("chat:session", session_id)
    )


@require_POST
@login_required
def delete(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Offers to take it back: in a toast of the page it was asked on, or of a new one."""
    try:
        session = keeping.delete_session(user_of(request), session_id)
    except NotFound:
        raise Http404 from None
    home = f"{reverse('chat:home')}?deleted={session.pk}"
    if not _is_htmx(request):
        return redirect(home)
    if urlsplit(request.headers.get("HX-Current-URL", "")).path == reverse("chat:session", args=[session.pk]):
        return HttpResponse(status=204, headers={"HX-Redirect": home})
    toast = render_to_string("chat/_deleted.html", {"deleted": session}, request)
    return HttpResponse(toast, headers=_CHANGED)


@require_POST
@login_required
def restore(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    try:
        session = keeping.restore_session(user_of(request), session_id)
    except NotFound:
        raise Http404 from None
    if not _is_htmx(request):
        return redirect("chat:session", session.pk)
    if "?deleted=" in request.headers.get("HX-Current-URL", ""):
        back = reverse("chat:session", args=[session.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": back})
    return HttpResponse(headers=_CHANGED)


@require_safe
@login_required
def archive(request: HttpRequest) -> HttpResponse:
    return _list(request, is_archived=True)


@require_safe
@login_required
def everything(request: HttpRequest) -> HttpResponse:
    """All that is not archived: the sidebar shows the newest."""
    return _list(request, is_archived=False)


def _list(request: HttpRequest, *, is_archived: bool) -> HttpResponse:
    after = Place.read(request.GET.get("after", ""))
    page = page_of(user_of(request), is_archived=is_archived, after=after)
    return render(request, "chat/list.html", page | {"is_archive": is_archived})


def _changes(request: HttpRequest) -> dict[str, Any]:
    """What the sent form names."""
    form = request.POST
    changes: dict[str, Any] = {"title": form["title"]} if "title" in form else {}
    return changes | {name: form[name] == "true" for name in ("is_pinned", "is_archived") if name in form}


def _menu(request: HttpRequest, session: Session, *, problem: str = "") -> HttpResponse:
    template = "chat/_manage.html" if _is_htmx(request) else "chat/manage.html"
    # Scripts swap in no answer but a 200.
    status = 400 if problem and not _is_htmx(request) else 200
    return render(request, template, {"item": session, "problem": problem}, status=status)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bring(request: HttpRequest) -> HttpResponse:
    """Chats out of a file."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise InvalidInput("Choose a file first.")
            context["imported"] = import_chats(user_of(request), file.read(MOST_BYTES + 1))
        except ValisError as error:
            context["problem"] = f"{file.name}: {error.message}" if file else error.message
    return render(request, "chat/import.html", context, status=400 if "problem" in context else 200)
