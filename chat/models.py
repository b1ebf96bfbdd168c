"""Sessions, messages, turns and their attempts: the truth that events only announce."""

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class TurnStatus(models.TextChoices):
    """Where a turn, or one attempt at it, stands."""

    QUEUED = "queued"  # stored; nobody works on it
    STREAMING = "streaming"  # one worker holds its lease
    COMPLETE = "complete"  # answered, if only by the fallback voice
    FAILED = "failed"  # a fault of ours; can be run again
    CANCELLED = "cancelled"  # a person stopped it; its text is kept
    INTERRUPTED = "interrupted"  # worker or provider was lost in mid-text; its text is kept


OPEN_STATUSES = (TurnStatus.QUEUED, TurnStatus.STREAMING)


class Session(models.Model):
    """A conversation of one person. A deleted one is erased after some days (`chat.keeping`).

    `head` is the last turn of the path that is shown (`chat.paths`); None before the first message.
    A transient one holds a single turn that a program asked for over `/v1`. It is never listed, and
    deleted after an hour.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_sessions")
    persona = models.ForeignKey("personas.Persona", models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=120, blank=True)
    mode = models.CharField(max_length=20, default="chat")
    is_transient = models.BooleanField(default=False)
    is_pinned = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)
    next_position = models.PositiveIntegerField(default=1)
    greeting: Any = models.JSONField(null=True)
    """What it begins with, and who says it (`chat.greeting`)."""
    # Turns go with their session and never before it, so nobody has to look after this pointer.
    head = models.ForeignKey(
        "Turn", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity_at = models.DateTimeField(auto_now_add=True)
    is_active: bool
    """In lists only, where `chat.idling` puts it."""

    class Meta:
        ordering = ["-last_activity_at"]
        indexes = [
            models.Index(
                name="kept_sessions", fields=["owner", "-last_activity_at"], condition=Q(is_transient=False)
            ),
            models.Index(
                name="recent_sessions", fields=["-last_activity_at"], condition=Q(is_transient=False)
            ),
            models.Index(
                name="deleted_sessions", fields=["deleted_at"], condition=Q(deleted_at__isnull=False)
            ),
            models.Index(name="transient_sessions", fields=["created_at"], condition=Q(is_transient=True)),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class Message(models.Model):
    """What a person said. In a transient session its text is in the turn's brief instead.

    `parent` is the turn that it goes on from; None at the beginning. Messages with the same one are
    versions of each other, as are the turns on the same message.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("Turn", models.DO_NOTHING, null=True, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    client_id = models.CharField(max_length=64)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="message_position_is_free"),
            models.UniqueConstraint(fields=["author", "client_id"], name="message_is_stored_once"),
        ]
        indexes: ClassVar = [
            models.Index(name="later_messages", fields=["parent"], condition=Q(parent__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Turn(models.Model):
    """One wish for a reply. Its reply is the attempt with the turn's number.

    `lease_until` is by the database's clock. `dispatched_at` is when a worker was last told of it.
    `waits_since` is since when it could run and finds no place; one that is answered without keeps it.
    `brief` is what a program brought along with its question (`chat.briefs`). `wished_at` is since when
    its owner waits for a model's answer in place of the fallback voice's (`chat.wishes`). `is_unlearned`:
    what was said in it is still to be learned from (`chat.learning`).
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="turns")
    question = models.ForeignKey(Message, models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=TurnStatus.choices, default=TurnStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    persona = models.ForeignKey("personas.Persona", models.SET_NULL, null=True, related_name="+")
    snapshot = models.JSONField(default=dict)
    brief = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    is_stop_requested = models.BooleanField(default=False)
    lost_count = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    waits_since = models.DateTimeField(null=True)
    wished_at = models.DateTimeField(null=True)
    wish_due_at = models.DateTimeField(null=True)
    is_unlearned = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="turn_position_is_free"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(status="streaming"), name="one_running_turn_per_session"
            ),
            models.CheckConstraint(condition=Q(status__in=TurnStatus.values), name="turn_status_is_known"),
        ]
        indexes: ClassVar = [
            models.Index(
                name="open_turns",
                fields=["status", "lease_until"],
                condition=Q(status__in=["queued", "streaming"]),
            ),
            models.Index(name="waiting_turns", fields=["session", "position"], condition=Q(status="queued")),
            models.Index(name="wishes", fields=["wish_due_at"], condition=Q(wish_due_at__isnull=False)),
            models.Index(name="unlearned_turns", fields=["finished_at"], condition=Q(is_unlearned=True)),
            models.Index(name="turns_with_brief", fields=["finished_at"], condition=Q(brief__isnull=False)),
        ]

    may_recall: bool
    """Only where a worker takes it up: whether the persona knows anything of its owner."""

    def __str__(self) -> str:
        return f"turn {self.pk} ({self.status})"

    @cached_property
    def current_attempt(self) -> "Attempt | None":
        """The attempt whose text is the reply; None before the first. Prefetch `attempts` for lists."""
        return next((each for each in self.attempts.all() if each.number == self.attempt), None)


class Attempt(models.Model):
    """One text of a turn. `event_id` is the last live event that the stored text contains."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=TurnStatus.choices, default=TurnStatus.STREAMING)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    event_id = models.CharField(max_length=64, blank=True)
    provider = models.JSONField(null=True)
    usage = models.JSONField(null=True)
    story = models.JSONField(default=list)
    receipt = models.JSONField(null=True)
    """What it could go by, besides the persona and the memories in the turn's snapshot (`chat.asking`)."""
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["turn", "number"], name="attempt_number_is_free"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of turn {self.turn_id}"
