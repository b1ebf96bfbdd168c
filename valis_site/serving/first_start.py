"""What an installation has from the beginning."""

from django.db import transaction

from diagnostics.configuration.snapshots import taken_together
from personas.loading import load_shipped as load_personas
from personas.models import Persona
from providers.catalogue import load_shipped as load_providers
from providers.models import Provider


def fill_when_empty() -> None:
    """The shipped personas and providers, where there are none at all."""
    if not Persona.objects.exists():
        load_personas()
    if not Provider.objects.exists():
        with transaction.atomic(), taken_together(by=None, how="first start"):
            load_providers()
