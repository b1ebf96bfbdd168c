"""The page of the dry run."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import user_of
from accounts.rights import Right
from personas.selectors import active_personas
from usage.dry_run import dry_run


@require_safe
@never_cache
@login_required
@permission_required(Right.READ_DIAGNOSTICS.permission, raise_exception=True)
def show(request: HttpRequest) -> HttpResponse:
    """The chosen persona, or the first one; the fragment alone for htmx."""
    personas = list(active_personas())
    slug = request.GET.get("persona", "")
    chosen = next((each for each in personas if each.slug == slug), personas[0] if personas else None)
    prospects = dry_run(chosen, user_id=user_of(request).pk) if chosen else []
    is_fragment = bool(getattr(request, "htmx", False))
    return render(
        request,
        "diagnostics/_prospects.html" if is_fragment else "diagnostics/dry_run.html",
        {
            "personas": personas,
            "chosen": chosen,
            "prospects": prospects,
            "speaker": next((each for each in prospects if each.would_run), None),
        },
    )
