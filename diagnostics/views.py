"""Doors that join several layers: health for orchestrators, and the test of a provider."""

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.recording import record
from accounts.requests import user_of
from accounts.rights import Right
from core.errors import ValisError, error_body
from core.threads import in_database_thread
from diagnostics.figures.exposition import CONTENT_TYPE, exposition
from diagnostics.figures.readers import check_reader
from diagnostics.health import READINESS, Part, check_parts, overall
from providers.models import Provider
from providers.story import Outcome, Step
from usage.metering import test_provider as ask_provider


@require_safe
async def health(request: HttpRequest) -> HttpResponse:
    return _short(await check_parts())


@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    return _short(await check_parts(*READINESS))


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token, or from this machine when there is none."""
    try:
        check_reader(request)
    except ValisError as error:
        return JsonResponse(error_body(error.code, error.message), status=error.status)
    return HttpResponse(await in_database_thread(exposition), content_type=CONTENT_TYPE)


def _short(parts: list[Part]) -> JsonResponse:
    status = overall(parts)
    body = {"status": status, "parts": {part.name: part.state for part in parts}}
    return JsonResponse(body, status=503 if status == "failing" else 200)


@require_POST
@staff_member_required
@permission_required(Right.CHANGE_ENGINE.permission, raise_exception=True)
def test_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Ask one provider a tiny question, and say in admin what came of it."""
    row = get_object_or_404(Provider, pk=provider_id)
    step, text = ask_provider(row, user_id=user_of(request).pk)
    record("provider.tested", actor=request.user, target=row, name=row.name, outcome=step.outcome.value)
    say = messages.success if step.outcome is Outcome.ANSWERED else messages.error
    say(request, _sentence(row, step, text))
    return HttpResponseRedirect(reverse("admin:providers_provider_change", args=[row.pk]))


def _sentence(row: Provider, step: Step, text: str) -> str:
    if step.outcome is Outcome.ANSWERED:
        return (
            f"{row.name} answered “{text.strip()[:60]}” with {step.model}: first token after "
            f"{step.first_token_ms or 0:.0f} ms, done after {step.duration_ms:.0f} ms."
        )
    if step.outcome is Outcome.SKIPPED:
        return f"{row.name} was not asked: {step.message}."
    return f"{row.name} did not answer after {step.duration_ms:.0f} ms: {step.message} ({step.code})."
