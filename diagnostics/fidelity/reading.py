"""Reading runs."""

from django.db.models import Max, QuerySet

from core.errors import NotFound
from core.queries import row_or_none
from diagnostics.fidelity.models import FidelityRun, RunState
from personas.models import Persona


def run_by_id(run_id: int) -> FidelityRun:
    """Raises `NotFound`."""
    run = row_or_none(_whole().filter(pk=run_id))
    if run is None:
        raise NotFound("There is no such fidelity run, or it was long ago.", code="fidelity_not_found")
    return run


def persona_for_fidelity(slug: str) -> Persona:
    """Also one that is not active: it is looked at before it is. Raises `NotFound`."""
    persona = row_or_none(Persona.objects.filter(slug=slug))
    if persona is None:
        raise NotFound("There is no such persona.", code="persona_not_found", persona=slug)
    return persona


def runs_of(slug: str) -> QuerySet[FidelityRun]:
    """The newest first."""
    return FidelityRun.objects.filter(persona_slug=slug)


def last_runs() -> list[FidelityRun]:
    """The newest run of each persona, by name."""
    newest = FidelityRun.objects.order_by().values("persona_slug").annotate(newest=Max("pk")).values("newest")
    return sorted(_whole().filter(pk__in=newest), key=lambda run: (run.persona_name, run.pk))


def run_before(run: FidelityRun) -> FidelityRun | None:
    """The last one of the same persona that ended, of values that were saved."""
    ended = _whole().filter(persona_slug=run.persona_slug, state=RunState.ENDED, is_draft=False)
    return ended.filter(pk__lt=run.pk).first()


def _whole() -> QuerySet[FidelityRun]:
    return FidelityRun.objects.prefetch_related("answers")
