"""Starting and stopping runs."""

from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.audit.recording import record
from accounts.models import User
from chat.dispatching import hand_over
from core.errors import Conflict, InvalidInput
from diagnostics.fidelity import holding
from diagnostics.fidelity.holding import LEASE, Held
from diagnostics.fidelity.models import FidelityAnswer, FidelityRun
from diagnostics.fidelity.running import TASK
from diagnostics.fidelity.speakers import Speaker, speakers_of
from personas.golden.dialogues import GoldenDialogue, golden_dialogues
from personas.models import Persona
from personas.snapshots import PersonaSnapshot

MOST_DIALOGUES = 20
KEPT_RUNS = 50
"""Of each persona; older ones are deleted when a new one starts."""


def start_run(
    persona: Persona,
    *,
    by: User | None,
    draft: PersonaSnapshot | None = None,
    only: Collection[str] = (),
) -> FidelityRun:
    """For workers to go on with. `draft` is the persona with values that are not saved; `only` are names of
    speakers. Raises `InvalidInput`, or `Conflict` while the persona's last run goes on.
    """
    run = _created(persona, by=by, draft=draft, only=only, is_held=False)
    hand_over(TASK, run.pk)
    return run


def start_held_run(persona: Persona, *, only: Collection[str] = ()) -> Held:
    """For the caller to go on with, on the command line."""
    return Held(_created(persona, by=None, draft=None, only=only, is_held=True).pk, fence=0)


def stop_run(run: FidelityRun, *, by: User | None) -> None:
    """At once; one that is over stays as it is."""
    with transaction.atomic():
        if holding.stop(run.pk):
            _note("fidelity.stopped", run, by)
    run.refresh_from_db()


def _created(
    persona: Persona,
    *,
    by: User | None,
    draft: PersonaSnapshot | None,
    only: Collection[str],
    is_held: bool,
) -> FidelityRun:
    snapshot = draft or persona.snapshot()
    dialogues = _dialogues_of(persona)
    speakers = speakers_of(snapshot, only=only)
    holding.free_runs()  # whatever was forgotten is in nobody's way
    run = FidelityRun(
        persona=persona,
        persona_slug=persona.slug,
        persona_name=snapshot.name,
        snapshot=snapshot.to_json(),
        is_draft=draft is not None,
        dialogues=[each.to_json() for each in dialogues],
        speakers=[each.to_json() for each in speakers],
        starter_user=by,
        starter=by.get_username() if by else "",
        lease_until=Now() + LEASE if is_held else None,
        moved_at=Now(),
    )
    try:
        with transaction.atomic():
            run.save()
            FidelityAnswer.objects.bulk_create(_answers(run, speakers, dialogues))
            _note("fidelity.started", run, by, calls=len(speakers) * len(dialogues), is_draft=run.is_draft)
            _forget_old(persona.slug)
    except IntegrityError:
        raise Conflict(
            f"A fidelity run of {persona.name} goes on. Wait, or stop it.", code="fidelity_running"
        ) from None
    return run


def _dialogues_of(persona: Persona) -> Sequence[GoldenDialogue]:
    if dialogues := golden_dialogues(persona)[:MOST_DIALOGUES]:
        return dialogues
    raise InvalidInput(
        f"{persona.name} has no golden dialogues yet. Write some first: in admin, on the persona's page.",
        code="fidelity_no_dialogues",
    )


def _answers(
    run: FidelityRun, speakers: Sequence[Speaker], dialogues: Sequence[GoldenDialogue]
) -> list[FidelityAnswer]:
    return [
        FidelityAnswer(run=run, speaker=speaker, dialogue=dialogue)
        for speaker in range(len(speakers))
        for dialogue in range(len(dialogues))
    ]


def _note(action: str, run: FidelityRun, by: User | None, **details: object) -> None:
    record(action, actor=by, target=run, name=run.persona_slug, **details)


def _forget_old(slug: str) -> None:
    newest = FidelityRun.objects.filter(persona_slug=slug).order_by("-pk")
    old = list(newest.values_list("pk", flat=True)[KEPT_RUNS:])
    FidelityRun.objects.filter(pk__in=old).delete()
