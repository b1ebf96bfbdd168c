"""The rows that all workers share."""

from django.db import models


class CircuitState(models.TextChoices):
    CLOSED = "closed"  # calls pass
    OPEN = "open"  # it failed too often in a row: nobody calls until its time is over
    HALF_OPEN = "half_open", "half open"  # one call is made to find out whether it is back


class Circuit(models.Model):
    """How one provider is doing with one model. Only `transitions` changes these rows."""

    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=CircuitState, default=CircuitState.CLOSED)
    changed_at = models.DateTimeField("since", auto_now_add=True)
    failures = models.PositiveIntegerField("failures in a row", default=0)
    error_code = models.CharField("last error", max_length=40, blank=True)
    error_message = models.CharField("what the last error said", max_length=300, blank=True)
    failed_at = models.DateTimeField("last failure", null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True, help_text="Its time counts from here.")
    probe = models.PositiveIntegerField(default=0, help_text="The number of the last probe: its fence.")
    probe_until = models.DateTimeField(null=True, blank=True, help_text="Then a probe counts as lost.")
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="Until then the provider asked to be left alone (Retry-After)."
    )

    class Meta:
        ordering = ["provider", "model"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], name="one_circuit_for_each_model"),
            models.CheckConstraint(
                condition=models.Q(state__in=CircuitState.values), name="circuit_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.model}" if self.model else self.provider
