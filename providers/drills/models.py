"""Drills as rows: what fails, for whom, until when."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Failure(models.TextChoices):
    TIME_OUT = "time_out", "Time-out: not a word until the time limit"
    RATE_LIMITED = "rate_limited", "429: too many requests"
    CUT = "cut", "Cut stream: it breaks off after some words"
    GARBAGE = "garbage", "Garbage: what comes is not the protocol"
    REFUSED = "refused", "Refused connection"


class DrillState(models.TextChoices):
    FAILING = "failing"  # calls fail on purpose
    RECOVERING = "recovering"  # calls are made again; the drill's circuit finds out by itself
    ENDED = "ended"


class Drill(models.Model):
    """One drill. After `fails_until` it goes on until its circuit is closed again, or for a while."""

    provider = models.CharField(max_length=40, blank=True, help_text="Empty: every provider.")
    failure = models.CharField(max_length=20, choices=Failure)
    is_for_everybody = models.BooleanField(default=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    starter = models.CharField(max_length=150, help_text="The name of who started it.")
    started_at = models.DateTimeField(auto_now_add=True)
    fails_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(failure__in=Failure.values), name="failure_is_known")
        ]

    def __str__(self) -> str:
        return f"drill {self.pk}"

    @property
    def target(self) -> str:
        return self.provider or "every provider"

    @property
    def state(self) -> DrillState:
        if self.ended_at:
            return DrillState.ENDED
        return DrillState.FAILING if self.fails_until > timezone.now() else DrillState.RECOVERING
