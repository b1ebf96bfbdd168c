"""The pages of drills: start one, and watch what comes of it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import user_of
from accounts.rights import Right
from core.errors import NotFound, ValisError
from diagnostics.doors import for_those_who_may
from diagnostics.drills.asking import ask_once
from diagnostics.drills.reporting import report_of
from personas.selectors import active_personas, get_active_persona
from providers.drills.models import Drill, Failure
from providers.drills.reading import drill_by_id
from providers.drills.running import MOST_MINUTES, end_drill, let_recover, start_drill
from providers.engine_settings import current_limits
from providers.models import Provider

_SHOWN = 50
_USUAL_MINUTES = 5


@require_safe
@for_those_who_may(Right.READ_DIAGNOSTICS)
def drills(request: HttpRequest) -> HttpResponse:
    context = _start_context(request) | {"drills": Drill.objects.all()[:_SHOWN]}
    return render(request, "diagnostics/drills/drills.html", context)


@require_POST
@for_those_who_may(Right.CHANGE_ENGINE)
def start(request: HttpRequest) -> HttpResponse:
    form = request.POST
    minutes = form.get("minutes", "")
    try:
        drill = start_drill(
            user_of(request),
            provider=form.get("provider", ""),
            failure=form.get("failure", ""),
            minutes=int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 4 else 0,
            is_for_everybody=form.get("whom") == "everybody",
            is_confirmed="is_confirmed" in form,
        )
    except ValisError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("diagnostics:drills"))
    return _to(drill)


@require_safe
@for_those_who_may(Right.READ_DIAGNOSTICS)
def report(request: HttpRequest, drill_id: int) -> HttpResponse:
    """As a page, or as the part of it that changes."""
    drill = _found(drill_id)
    user, limits = user_of(request), current_limits()
    context = {
        "report": report_of(drill),
        "drill": drill,
        "personas": active_personas(),
        "may_change": user.may(Right.CHANGE_ENGINE),
        "threshold": limits.circuit_breaker_threshold,
        "timeout": limits.circuit_breaker_timeout,
        "takes_part": drill.is_for_everybody or drill.started_by_id == user.pk,
    }
    is_fragment = getattr(request, "htmx", False)
    name = "_report" if is_fragment else "drill"
    return render(request, f"diagnostics/drills/{name}.html", context)


@require_POST
@for_those_who_may(Right.CHANGE_ENGINE)
def act(request: HttpRequest, drill_id: int) -> HttpResponse:
    """Ask once, let it recover, or end it."""
    drill, user = _found(drill_id), user_of(request)
    try:
        match request.POST.get("act"):
            case "ask":
                ask_once(drill, user, persona=get_active_persona(request.POST.get("persona", "")))
            case "recover":
                let_recover(drill, by=user)
            case "end":
                end_drill(drill, by=user)
    except ValisError as error:
        messages.error(request, error.message)
    return _to(drill)


def _start_context(request: HttpRequest) -> dict[str, object]:
    return {
        "may_change": user_of(request).may(Right.CHANGE_ENGINE),
        "providers": Provider.objects.filter(is_enabled=True),
        "failures": Failure.choices,
        "most_minutes": MOST_MINUTES,
        "usual_minutes": _USUAL_MINUTES,
    }


def _found(drill_id: int) -> Drill:
    try:
        drill: Drill = drill_by_id(drill_id)
    except NotFound:
        raise Http404 from None
    return drill


def _to(drill: Drill) -> HttpResponse:
    return HttpResponseRedirect(reverse("diagnostics:drill", args=[drill.pk]))
