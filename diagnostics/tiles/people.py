"""Who talks with whom. Never what is said."""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from chat.models import Message, Session
from diagnostics.figures.reporting import ALIVE
from diagnostics.models import ProcessFigures
from diagnostics.tiles.asking import Figures

FEW = 10
LATELY = timedelta(minutes=15)
_SOCKETS = "valis_sockets_open"


def sessions() -> Figures:
    kept = Session.objects.filter(is_transient=False, deleted_at=None)
    active = kept.filter(last_activity_at__gt=timezone.now() - LATELY)
    rows = active.select_related("owner", "persona").order_by("-last_activity_at")[:FEW]
    states = ProcessFigures.objects.filter(seen_at__gt=timezone.now() - ALIVE).values_list("state", flat=True)
    sockets = sum(sample[2] for state in states for sample in state.get(_SOCKETS, ()))
    return {"rows": list(rows), "count": active.count(), "sockets": int(sockets)}


def messages() -> Figures:
    kept = _kept_messages()
    return {"rows": list(kept.defer("text").annotate(length=Length("text")).order_by("-pk")[:FEW])}


def latest_messages() -> list[Message]:
    """With their text: for those who may read what others wrote."""
    return list(_kept_messages().order_by("-pk")[: 2 * FEW])


def _kept_messages() -> QuerySet[Message]:
    kept = Message.objects.filter(session__is_transient=False, session__deleted_at=None)
    return kept.select_related("author", "session__persona")
