"""The pages of the chat."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import user_of
from accounts.rights import Right
from chat import services
from chat.keeping import deleted_session
from chat.models import Session
from chat.passages import with_passage
from chat.presenting import entries_of, greeting_form, persona_form, turn_form
from chat.receipts import receipt_of
from chat.selectors import own_session, own_turn
from chat.sidebar import sidebar_of
from chat.snapshots import conversation_snapshot, snapshot_of
from core.errors import NotFound, ValisError
from core.text import MAX_MESSAGE_BYTES, is_storable
from personas.macros import filled
from personas.models import Persona
from personas.opening import openers_of, other_greetings
from personas.selectors import active_personas
from usage.selectors import cost_of_turn

_LONGEST_NUMBER = 10


SHOWN_PERSONAS = 20


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """A new chat: nothing is stored before the first message."""
    return _page(request, None, extra={"deleted": _just_deleted(request)})


@require_safe
@login_required
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    try:
        return _page(request, own_session(user_of(request), session_id))
    except NotFound:
        raise Http404 from None


@require_safe
@login_required
def earlier(request: HttpRequest, session_id: uuid.UUID, before: int) -> HttpResponse:
    """What stands above the part of a session that a page shows, as a fragment."""
    try:
        shown = own_session(user_of(request), session_id)
    except NotFound:
        raise Http404 from None
    entries = entries_of(snapshot_of(shown, before=before).form)
    return render(request, "chat/_entries.html", _entries(shown, entries))


@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """The sidebar's list, for refreshing it."""
    return render(request, "chat/_sessions.html", sidebar_of(user_of(request)))


@require_POST
@login_required
def send(request: HttpRequest) -> HttpResponse:
    """The composer's form, for browsers without scripts."""
    user, form = user_of(request), request.POST
    chosen = None
    try:
        chosen = own_session(user, uuid.UUID(form["session"])) if form.get("session") else None
        submission = services.submit_message(
            user,
            text=form.get("text", ""),
            client_id=form.get("client_id") or str(uuid.uuid4()),
            session_id=chosen.pk if chosen else None,
            persona_slug=form.get("persona") or None,
            greeting=None if chosen else int(form.get("greeting") or 0),
        )
    except ValueError:
        raise Http404 from None
    except ValisError as error:
        draft = {"composer_error": error.message, "draft": form.get("text", "")}
        return _page(request, chosen, extra=draft, status=error.status)
    return HttpResponseRedirect(reverse("chat:session", args=[submission.message.session_id]))


@require_safe
@login_required
def story(request: HttpRequest, turn_id: int) -> HttpResponse:
    """How a reply came about: as a fragment for the dialog, or as a page of its own."""
    try:
        turn = own_turn(user_of(request), turn_id)
    except NotFound:
        raise Http404 from None
    current = turn.current_attempt
    template = "chat/_story.html" if getattr(request, "htmx", False) else "chat/story.html"
    context = {
        "turn": turn_form(turn),
        "attempts": turn.attempts.all(),
        "story": current.story if current else [],
        "receipt": receipt_of(turn),
    }
    if user_of(request).may(Right.READ_DIAGNOSTICS):
        context |= {"shows_cost": True, "cost": cost_of_turn(turn.pk)}
    return render(request, template, context)


def _page(
    request: HttpRequest, shown: Session | None, *, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    personas = _offered(request, shown)
    form = conversation_snapshot(user_of(request), shown.pk).form if shown else None
    context = {
        "personas": _cards(personas, user_of(request), begins=not (form and form["messages"])),
        "current_persona": _current_persona(request, personas, shown),
        **sidebar_of(user_of(request)),
        "session": {"id": str(shown.pk), "title": shown.title} if shown else None,
        **(
            _entries(shown, with_passage(shown, entries_of(form), at=_place(request)))
            if shown and form
            else {}
        ),
        "limits": {"message_bytes": MAX_MESSAGE_BYTES},
        **(extra or {}),
    }
    return render(request, "chat/page.html", context, status=status)


def _place(request: HttpRequest) -> int | None:
    """The position that a found message or a gap leads to."""
    text = request.GET.get("at", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else None


def _just_deleted(request: HttpRequest) -> Session | None:
    """The session whose deletion led here, while it can be taken back."""
    try:
        return deleted_session(user_of(request), uuid.UUID(request.GET["deleted"]))
    except (KeyError, ValueError, NotFound):
        return None


def _offered(request: HttpRequest, shown: Session | None) -> list[Persona]:
    """The first of all, and the one that is asked for or talked with; the gallery has the others."""
    personas = list(active_personas()[:SHOWN_PERSONAS])
    wanted = {request.GET.get("persona") or request.POST.get("persona", "")}
    wanted |= {shown.persona.slug} if shown and shown.persona else set()
    missing = {slug for slug in wanted if slug and is_storable(slug)} - {each.slug for each in personas}
    return [*personas, *active_personas().filter(slug__in=missing)] if missing else personas


def _entries(session: Session, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """`earlier` is the address of what stands above them, if anything does."""
    first = next((entry for entry in entries if entry["kind"] == "message"), None)
    is_more = first and first["parent"] is not None
    address = reverse("chat:earlier", args=[session.pk, first["position"]]) if first and is_more else ""
    return {"entries": entries, "earlier": address, "greeting": greeting_form(session)}


def _current_persona(
    request: HttpRequest, personas: list[Persona], shown: Session | None
) -> dict[str, Any] | None:
    """The one asked for by the address, else the session's, else the first."""
    by_slug = {persona.slug: persona for persona in personas}
    chosen = by_slug.get(request.GET.get("persona") or request.POST.get("persona", ""))
    if chosen is None and shown and shown.persona:
        chosen = by_slug.get(shown.persona.slug)
    chosen = chosen or next(iter(personas), None)
    return persona_form(chosen) if chosen else None


def _cards(personas: list[Persona], reader: User, *, begins: bool) -> list[dict[str, Any]]:
    """Who can be chosen; where a chat begins, with how it can begin."""
    others = other_greetings(personas) if begins else {}
    return [
        persona_form(each)
        | {"role": each.role, "description": each.description}
        | (_opening(each, others.get(each.pk, []), reader.get_username()) if begins else {})
        for each in personas
    ]


def _opening(persona: Persona, others: list[str], reader: str) -> dict[str, Any]:
    char = persona.nickname or persona.name
    greetings = enumerate(filled(each, char=char, user=reader) for each in [persona.greeting, *others])
    return {
        "greetings": [(number, words) for number, words in greetings if words],
        "openers": openers_of(persona, reader=reader),
    }
