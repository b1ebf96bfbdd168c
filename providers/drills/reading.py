"""Which drill somebody takes part in. Read with the line-up, and only while there is a drill at all."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from core.errors import NotFound
from core.queries import row_or_none
from providers.drills.models import Drill

RECOVERY = timedelta(minutes=10)
"""So long after its failures a drill waits at most for its circuit to close."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a drill means for one provider. `failure` is empty once calls are to succeed again."""

    drill: int
    failure: str

    def circuit(self, provider: str) -> str:
        """A name that no provider can have, of at most 40 characters."""
        suffix = f" (drill {self.drill})"
        return provider[: 40 - len(suffix)] + suffix


def running_drills() -> QuerySet[Drill]:
    return Drill.objects.filter(ended_at=None, fails_until__gt=Now() - RECOVERY)


def drill_of(user_id: int | None) -> tuple[str, Part] | None:
    """The one drill that this person's replies are in: name of the provider (empty: all) and its part."""
    theirs = Q(is_for_everybody=True)
    if user_id is not None:
        theirs |= Q(started_by=user_id)
    for pk, provider, failure, until, now in (
        running_drills()
        .filter(theirs)
        .order_by("-pk")
        .values_list("pk", "provider", "failure", "fails_until", Now())[:1]
    ):
        return provider, Part(pk, failure if until > now else "")
    return None


def drill_by_id(drill_id: int) -> Drill:
    """Raises `NotFound(code="drill_not_found")`."""
    drill = row_or_none(Drill.objects.filter(pk=drill_id))
    if drill is None:
        raise NotFound("There is no such drill.", code="drill_not_found", drill=drill_id)
    return drill
