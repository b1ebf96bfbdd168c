"""What remains of processes that are gone."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from diagnostics.figures.counted import added_up
from diagnostics.models import ProcessFigures

GONE_AFTER = timedelta(minutes=10)
PAST = "past"


def put_the_gone_together() -> int:
    """Add the counts of processes that are gone to one row, so that sums never go back. Returns how many."""
    with transaction.atomic():
        ProcessFigures.objects.get_or_create(pk=PAST, defaults={"seen_at": Now()})
        past = ProcessFigures.objects.select_for_update().get(pk=PAST)
        gone = list(
            ProcessFigures.objects.select_for_update().filter(seen_at__lt=Now() - GONE_AFTER).exclude(pk=PAST)
        )
        sums = added_up([past.counts, *(row.counts for row in gone)])
        ProcessFigures.objects.filter(pk=PAST).update(counts=sums, seen_at=Now())
        ProcessFigures.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return len(gone)
