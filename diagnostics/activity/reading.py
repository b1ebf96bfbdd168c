"""Reading what has happened, in order and without gaps."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from diagnostics.activity.wording import is_problem, sentence
from diagnostics.models import Event

KEPT_FOR = timedelta(days=14)
MOST_AT_ONCE = 200
FEW = 50


def events_after(last_id: int, *, limit: int = MOST_AT_ONCE) -> list[Event]:
    """The next events after an id, the oldest first."""
    return list(Event.objects.filter(pk__gt=last_id).order_by("pk")[:limit])


def latest_events(limit: int = FEW) -> list[Event]:
    """The newest events, the oldest of them first."""
    return list(reversed(Event.objects.order_by("-pk")[:limit]))


def event_form(event: Event) -> dict[str, Any]:
    """As the stream, the API and the page show it."""
    return {
        "id": event.pk,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "text": sentence(event.kind, event.facts),
        "is_problem": is_problem(event.kind),
        "facts": event.facts,
        "request_id": event.request_id,
    }


def forget_old_events() -> int:
    """Delete what is older than `KEPT_FOR`. Returns how many."""
    deleted, _ = Event.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
