"""Runs of golden dialogues as rows: who was asked what, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from personas.golden.dialogues import GoldenDialogue


class RunState(models.TextChoices):
    RUNNING = "running"  # there are answers to be had yet
    ENDED = "ended"  # everybody was asked everything
    STOPPED = "stopped"  # by a person
    INTERRUPTED = "interrupted"  # nobody went on with it for a long time, or its persona is gone


class AnswerOutcome(models.TextChoices):
    WAITING = "waiting"  # not asked yet
    ANSWERED = "answered"
    FAILED = "failed"  # asked, and nothing came that could be used
    SKIPPED = "skipped"  # not asked, for a reason: no key, an open circuit, a cap


class FidelityRun(models.Model):
    """One run. Dialogues and speakers are copies, so that it can still be read when both have changed."""

    persona = models.ForeignKey(
        "personas.Persona", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    persona_slug = models.CharField(max_length=60)
    persona_name = models.CharField(max_length=120)
    snapshot = models.JSONField(help_text="The persona as it was asked to speak: `PersonaSnapshot.to_json`.")
    is_draft = models.BooleanField(default=False, help_text="Its values were not saved.")
    dialogues = models.JSONField(help_text="In order: `GoldenDialogue.to_json`.")
    speakers = models.JSONField(help_text="In order: `Speaker.to_json`.")
    starter_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    starter = models.CharField(max_length=150, blank=True, help_text="Empty: the command line.")
    state = models.CharField(max_length=12, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0, help_text="Raised by each who goes on with it.")
    lease_until = models.DateTimeField(null=True, help_text="By the database's clock.")
    moved_at = models.DateTimeField(help_text="When somebody last worked on it, by the database's clock.")

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["persona_slug", "-id"], name="runs_of_persona")]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_is_known"),
            models.UniqueConstraint(
                fields=["persona"], condition=models.Q(state="running"), name="one_run_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"fidelity run {self.pk}"

    @property
    def calls(self) -> int:
        return len(self.speakers) * len(self.dialogues)

    @property
    def is_running(self) -> bool:
        return self.state == RunState.RUNNING

    def phrases(self) -> tuple[str, ...]:
        """The common phrases that the persona had."""
        return tuple(self.snapshot.get("common_phrases", ()))

    def golden(self) -> tuple[GoldenDialogue, ...]:
        return tuple(GoldenDialogue.from_json(each) for each in self.dialogues)


class FidelityAnswer(models.Model):
    """What one speaker said in one dialogue; both by their place in the run's lists."""

    run = models.ForeignKey(FidelityRun, models.CASCADE, related_name="answers")
    speaker = models.PositiveSmallIntegerField()
    dialogue = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=AnswerOutcome, default=AnswerOutcome.WAITING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it failed or was skipped.")
    text = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    duration_ms = models.FloatField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run", "speaker", "dialogue"], name="asked_once_in_a_run"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=AnswerOutcome.values), name="answer_outcome_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.speaker}.{self.dialogue} of run {self.run_id}"
