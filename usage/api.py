"""The API of what calls would do."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from accounts.requests import user_of
from accounts.rights import Right
from core.schemas import ErrorOut
from personas.selectors import get_active_persona
from usage.dry_run import dry_run

router = Router(tags=["diagnostics"])


class ProspectOut(Schema):
    """`reason` is why it would be skipped. `most_cost_usd` is null where nobody knows a price."""

    provider: str
    label: str
    model: str
    would_run: bool
    reason: str
    most_cost_usd: float | None


@router.get(
    "/personas/{slug}/dry-run",
    response={200: list[ProspectOut], 401: ErrorOut, 403: ErrorOut, 404: ErrorOut},
    summary="What would happen if somebody wrote to this persona now",
)
def foresee(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """The persona's cascade in order, the fallback voice last. No model is called."""
    user = user_of(request, Right.READ_DIAGNOSTICS)
    return [
        {
            "provider": each.candidate.config.name,
            "label": each.candidate.label,
            "model": each.candidate.config.model,
            "would_run": each.would_run,
            "reason": each.reason,
            "most_cost_usd": None if each.most.usd is None else float(each.most.usd),
        }
        for each in dry_run(get_active_persona(slug), user_id=user.pk)
    ]
