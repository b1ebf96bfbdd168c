"""The pages of fidelity runs: what one would do, all of them, and what came of one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import user_of
from accounts.rights import Right
from core.errors import InvalidInput, NotFound, ValisError
from diagnostics.doors import for_those_who_may
from diagnostics.fidelity.comparing import comparisons_of
from diagnostics.fidelity.drafting import draft_of, problems_of
from diagnostics.fidelity.models import FidelityRun
from diagnostics.fidelity.planning import plan_of
from diagnostics.fidelity.reading import last_runs, persona_for_fidelity, run_before, run_by_id, runs_of
from diagnostics.fidelity.reporting import MEASURES, report_of
from diagnostics.fidelity.starting import start_run, stop_run
from personas.models import Persona
from personas.selectors import all_personas


@require_safe
@for_those_who_may(Right.READ_DIAGNOSTICS)
def overview(request: HttpRequest) -> HttpResponse:
    """The last run of each persona; of a chosen one what a run would do, and all of its runs."""
    user = user_of(request)
    slug, personas = request.GET.get("persona", ""), list(all_personas())
    chosen = next((each for each in personas if each.slug == slug), None)
    context = {
        "personas": personas,
        "chosen": chosen,
        "may_start": user.may(Right.EDIT_PERSONAS),
        "plan": plan_of(chosen, user_id=user.pk) if chosen and user.may(Right.EDIT_PERSONAS) else None,
        "runs": runs_of(chosen.slug) if chosen else (),
        "reports": [report_of(run, before=None) for run in last_runs()],
    }
    return render(request, "diagnostics/fidelity/overview.html", context)


@require_POST
@for_those_who_may(Right.EDIT_PERSONAS)
def start(request: HttpRequest) -> HttpResponse:
    slug = request.POST.get("persona", "")
    try:
        persona = persona_for_fidelity(slug)
        run = start_run(persona, by=user_of(request), only=_ticked(request))
    except ValisError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(f"{reverse('diagnostics:fidelity')}?persona={slug}")
    return _to(run)


@require_POST
@for_those_who_may(Right.EDIT_PERSONAS)
def check_draft(request: HttpRequest, persona_id: int) -> HttpResponse:
    """A run of what a persona's form in admin holds. Nothing of it is saved."""
    persona = Persona.objects.filter(pk=persona_id).first()
    if persona is None:
        raise Http404
    form = draft_of(request, persona)
    if not form.is_valid():
        name = Persona.objects.values_list("name", flat=True).get(pk=persona_id)
        context = {"name": name, "problems": problems_of(form)}
        return render(request, "diagnostics/fidelity/draft.html", context, status=400)
    try:
        return _to(start_run(persona, by=user_of(request), draft=form.instance.snapshot()))
    except ValisError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(f"{reverse('diagnostics:fidelity')}?persona={persona.slug}")


@require_safe
@for_those_who_may(Right.READ_DIAGNOSTICS)
def report(request: HttpRequest, run_id: int) -> HttpResponse:
    """As a page, or as the part of it that changes."""
    run, user = _found(run_id), user_of(request)
    may_read = user.may(Right.READ_PROMPTS)
    context = {
        "report": report_of(run, before=run_before(run)),
        "run": run,
        "measures": MEASURES,
        "may_stop": user.may(Right.EDIT_PERSONAS),
        "may_read": may_read,
        "comparisons": comparisons_of(run) if may_read and not run.is_running else (),
    }
    name = "_report" if getattr(request, "htmx", False) else "run"
    return render(request, f"diagnostics/fidelity/{name}.html", context)


@require_POST
@for_those_who_may(Right.EDIT_PERSONAS)
def stop(request: HttpRequest, run_id: int) -> HttpResponse:
    run = _found(run_id)
    stop_run(run, by=user_of(request))
    return _to(run)


def _ticked(request: HttpRequest) -> list[str]:
    if ticked := request.POST.getlist("speaker"):
        return ticked
    raise InvalidInput("Tick at least one speaker.")


def _found(run_id: int) -> FidelityRun:
    try:
        return run_by_id(run_id)
    except NotFound:
        raise Http404 from None


def _to(run: FidelityRun) -> HttpResponse:
    return HttpResponseRedirect(reverse("diagnostics:fidelity-run", args=[run.pk]))
