"""The ledger: one row for each request to a provider."""

from typing import Any

from django.conf import settings
from django.db import models


class Purpose(models.TextChoices):
    CHAT = "chat"
    TEST = "test", "test of a provider"
    TITLE = "title", "title of a chat"
    MEMORY = "memory"  # what was said is drawn together, in the background
    FIDELITY = "fidelity"  # a golden dialogue, to see how a voice is kept


class CallOutcome(models.TextChoices):
    OPEN = "open"  # the call runs; its estimate is held
    ANSWERED = "answered"
    FAILED = "failed"
    SKIPPED = "skipped"  # nobody was there: nothing was sent
    STOPPED = "stopped"
    UNKNOWN = "unknown"  # its worker died; counted at its estimate


class Pricing(models.TextChoices):
    UNPRICED = "unpriced"  # nobody knows what it cost: counted by its tokens alone
    LIST = "list", "price list"
    STAFF = "staff", "set by staff"
    FREE = "free"  # nothing was used, or nobody has to be paid


def _money(**options: Any) -> Any:
    return models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True, **options)


class Call(models.Model):
    """One call. Written before it is made, completed after it, whatever happened.

    `turn_id` and `attempt` are plain numbers and `persona_slug` a copy: the ledger outlives what it
    was written for. It holds no text of messages.
    """

    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    persona = models.ForeignKey(
        "personas.Persona", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    persona_slug = models.CharField(max_length=60, blank=True)
    turn_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    attempt = models.PositiveIntegerField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    drill_id = models.BigIntegerField(null=True, blank=True, help_text="The drill that its reply was in.")

    provider = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    model = models.CharField(max_length=120, blank=True)

    outcome = models.CharField(max_length=10, choices=CallOutcome.choices, default=CallOutcome.OPEN)
    error_code = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(auto_now_add=True, db_index=True)
    first_token_ms = models.FloatField(null=True, blank=True)
    duration_ms = models.FloatField(null=True, blank=True)
    estimated_tokens = models.PositiveIntegerField(default=0, help_text="Held while the call is open.")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False, help_text="Counted here: the provider did not say.")
    estimated_cost_usd = _money(help_text="Held while the call is open.")
    cost_usd = _money(verbose_name="cost", help_text="US dollars. Empty: there is no price for it.")
    pricing = models.CharField(max_length=10, choices=Pricing, default=Pricing.UNPRICED)

    class Meta:
        ordering = ["-id"]
        # What a persona used today is summed up before each call; the live page shows the last that failed.
        indexes = [
            models.Index("persona", "started_at", name="call_of_persona_by_time"),
            models.Index(fields=["-started_at"], name="failed_calls", condition=models.Q(outcome="failed")),
            models.Index(
                fields=["started_at"],
                name="open_calls_for_titles",
                condition=models.Q(purpose="title", outcome="open"),
            ),
            models.Index(
                fields=["drill_id"], name="calls_in_drills", condition=models.Q(drill_id__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=CallOutcome.values), name="call_outcome_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} for {self.persona_slug or self.purpose}: {self.outcome}"
