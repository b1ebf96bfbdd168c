"""What an installation has from the beginning."""

from django.db import transaction

from diagnostics.configuration.snapshots import taken_together
from personas.golden.storing import load_missing_dialogues
from personas.loading import load_shipped as load_personas
from personas.models import GoldenDialogueRow, Persona
from providers.catalogue import load_shipped as load_providers
from providers.models import Provider


def fill_when_empty() -> None:
    """The shipped personas, golden dialogues and providers, where there are none at all."""
    if not Persona.objects.exists():
        load_personas()
    elif not GoldenDialogueRow.objects.exists():  # it comes from a version without them
        load_missing_dialogues()
    if not Provider.objects.exists():
        with transaction.atomic(), taken_together(by=None, how="first start"):
            load_providers()
