"""The pages on which people see what personas know about them, and put it right."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import user_of
from core.errors import NotFound, ValisError
from memory import editing, selectors, switches
from memory.models import WARM_KINDS, Kind, Memory
from memory.presenting import part_of, parts_of
from personas.models import Persona


@require_safe
@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Who knows what about me."""
    user = user_of(request)
    context = {"known_to": selectors.personas_that_know(user), "is_on": switches.wants_memory(user.pk)}
    return render(request, "memory/home.html", context)


@require_POST
@login_required
def switch(request: HttpRequest) -> HttpResponse:
    switches.want_memory(user_of(request), is_on=request.POST.get("is_on") == "true")
    return redirect("memory:home")


@require_safe
@never_cache
@login_required
def of_persona(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything one persona knows about me, by kind; for scripts one more page of a kind."""
    user, persona = user_of(request), _persona(slug)
    if getattr(request, "htmx", False):
        part = part_of(user, persona, **_place(request))
        return render(request, "memory/_part.html", {"part": part, "persona": persona})
    return _page(request, user, persona)


@require_POST
@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    user, persona = user_of(request), _persona(slug)
    kind, text = request.POST.get("kind", ""), request.POST.get("text", "")
    try:
        memory = editing.add_own(user, persona, kind=kind, text=text, importance=_importance(request))
    except ValisError as error:
        return _page(request, user, persona, problem=error.message, draft=text)
    return redirect(f"{_address(persona)}#memory-{memory.pk}")


@require_POST
@login_required
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    persona = _persona(slug)
    editing.forget_own(user_of(request), persona)
    return redirect("memory:of-persona", persona.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def change(request: HttpRequest, memory_id: int) -> HttpResponse:
    """One memory, to be put right."""
    user = user_of(request)
    memory = _own(user, memory_id)
    problem = ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        kind = None if memory.is_cold else request.POST.get("kind", "")
        try:
            editing.change_own(user, memory_id, kind=kind, text=text, importance=_importance(request))
        except NotFound:
            raise Http404 from None
        except ValisError as error:
            problem = error.message
        else:
            return redirect(f"{_address(memory.persona)}#memory-{memory_id}")
    context = {"memory": memory, "problem": problem, "is_warm": not memory.is_cold, **_choices()}
    return render(request, "memory/change.html", context, status=400 if problem else 200)


@require_POST
@login_required
def delete(request: HttpRequest, memory_id: int) -> HttpResponse:
    """Offers to take it back: in a toast of the page it was asked on, or of that page anew."""
    try:
        memory = editing.delete_own(user_of(request), memory_id)
    except NotFound:
        raise Http404 from None
    if getattr(request, "htmx", False):
        return render(request, "memory/_deleted.html", {"deleted": memory} | _counted(request, memory))
    return redirect(f"{_address(memory.persona)}?deleted={memory.pk}")


@require_POST
@login_required
def restore(request: HttpRequest, memory_id: int) -> HttpResponse:
    try:
        memory = editing.restore_own(user_of(request), memory_id)
    except NotFound:
        raise Http404 from None
    if getattr(request, "htmx", False):
        counted = _counted(request, memory)
        part = {"kind": memory.kind if counted else ""}
        context = {"memory": selectors.memory_form(memory), "persona": memory.persona, "part": part}
        return render(request, "memory/_restored.html", context | counted)
    return redirect(f"{_address(memory.persona)}#memory-{memory.pk}")


def _page(
    request: HttpRequest, user: User, persona: Persona, *, problem: str = "", draft: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "persona": persona,
        "problem": problem,
        "draft": draft,
        "switches": switches.standing(user, persona),
        "query": request.GET.get("q", ""),
        "deleted": _deleted(request, user),
        "has_own": selectors.knows_something(persona, of=user),
        **_choices(),
    }
    try:
        context["parts"] = parts_of(user, persona, **_place(request))
    except ValisError as error:
        context |= {"parts": [], "search_problem": error.message}
    return render(request, "memory/persona.html", context, status=400 if problem else 200)


def _place(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for; nonsense counts as nothing."""
    kind, offset = request.GET.get("kind", ""), request.GET.get("offset", "0")
    return {
        "kind": kind if kind in Kind.values else "",
        "query": request.GET.get("q", "").strip(),
        "offset": int(offset) if offset.isascii() and offset.isdecimal() and len(offset) < 7 else 0,
    }


def _importance(request: HttpRequest) -> int:
    """0, which is refused, for what is no number."""
    text = request.POST.get("importance", "5")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0


def _choices() -> dict[str, Any]:
    kinds = [(each.value, each.label) for each in WARM_KINDS]
    return {"kinds": kinds, "importances": range(1, 11)}


def _persona(slug: str) -> Persona:
    try:
        return selectors.any_persona(slug)
    except NotFound:
        raise Http404 from None


def _own(user: User, memory_id: int) -> Memory:
    try:
        return selectors.own_memory(user, memory_id)
    except NotFound:
        raise Http404 from None


def _counted(request: HttpRequest, memory: Memory) -> dict[str, Any]:
    """How many of its kind there are now, where the page that asked shows that."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    if shown.path != _address(memory.persona) or {"q", "kind"} & parse_qs(shown.query).keys():
        return {}
    return {"kind": memory.kind, "count": selectors.counts(user_of(request), memory.persona)[memory.kind]}


def _deleted(request: HttpRequest, user: User) -> Memory | None:
    """The one that the page was left for to delete it, without scripts."""
    asked = request.GET.get("deleted", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return None
    try:
        return selectors.deleted_memory(user, int(asked))
    except NotFound:
        return None


def _address(persona: Persona) -> str:
    return reverse("memory:of-persona", args=[persona.slug])
