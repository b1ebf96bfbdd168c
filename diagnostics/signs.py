"""Signs of life: who was seen at work, and when."""

from datetime import timedelta

from django.utils import timezone

from diagnostics.models import Sign

SCHEDULER = "scheduler"
SCHEDULER_SILENCE = timedelta(seconds=45)
FORGOTTEN_AFTER = timedelta(days=7)


def show_life(name: str) -> None:
    Sign.objects.update_or_create(name=name, defaults={"seen_at": timezone.now()})


def recent_sign(name: str, *, silence: timedelta) -> Sign | None:
    """The sign, unless it is older than `silence`."""
    return Sign.objects.filter(name=name, seen_at__gte=timezone.now() - silence).first()


def forget_old_signs() -> int:
    """Delete the signs of what has not been seen for a long time. Returns how many."""
    deleted, _ = Sign.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    return deleted
