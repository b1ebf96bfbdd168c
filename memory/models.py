"""What a persona knows of a person, and of everybody: each memory with where it came from."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

WARM_CHARACTERS = 500
COLD_CHARACTERS = 4000
MOST_IMPORTANT = 10


class Kind(models.TextChoices):
    """All but the last are warm memories: one thing each."""

    FACT = "fact"
    RELATIONSHIP = "relationship"
    OPINION = "opinion"
    INTEREST = "interest"
    SUMMARY = "summary"  # a cold memory: what a stretch of time comes down to


WARM_KINDS = (Kind.FACT, Kind.RELATIONSHIP, Kind.OPINION, Kind.INTEREST)


class Origin(models.TextChoices):
    MODEL = "model"  # taken out of what was said
    PERSON = "person"  # written, or put right, by the person it is about
    STAFF = "staff"


class Memory(models.Model):
    """One thing that a persona knows, about one person and for their chats alone.

    Without a person it holds for everybody; only staff write such. A memory that was contradicted is kept as
    the trace of the one that took its place (`superseded_by`); one is withdrawn while the messages that it
    came from are deleted and can still be restored, or while its person can still take its own deletion back
    (`deleted_at`). None of these is used for a reply.
    """

    persona = models.ForeignKey("personas.Persona", models.CASCADE, related_name="memories")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="memories"
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.FACT)
    text = models.TextField()
    importance = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_IMPORTANT)],
        help_text="From 1 to 10: what matters more comes to mind more easily.",
    )
    confidence = models.FloatField(
        default=1.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="From 0 to 1: how sure it is.",
    )
    origin = models.CharField(max_length=10, choices=Origin, editable=False)
    begins_at = models.DateTimeField(null=True, editable=False)
    """Of a summary: the stretch of time that it is about, with `ends_at`."""
    ends_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    superseded_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="supersedes"
    )
    is_withdrawn = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_used_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "memories"
        ordering = ["-pk"]
        indexes = [
            models.Index(
                name="usable_memories",
                fields=["persona", "person", "-importance", "-id"],
                condition=Q(superseded_by=None, is_withdrawn=False),
            ),
            models.Index(
                name="deleted_memories", fields=["deleted_at"], condition=Q(deleted_at__isnull=False)
            ),
            models.Index(name="memories_by_kind", fields=["person", "persona", "kind", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="only_staff_write_for_everybody", condition=Q(person__isnull=False) | Q(origin="staff")
            ),
            models.CheckConstraint(
                name="summaries_have_a_period",
                condition=(
                    Q(kind="summary", begins_at__isnull=False, ends_at__gte=F("begins_at"))
                    | (~Q(kind="summary") & Q(begins_at=None, ends_at=None))
                ),
            ),
            models.CheckConstraint(
                name="deleted_memories_are_not_used", condition=Q(deleted_at=None) | Q(is_withdrawn=True)
            ),
            models.CheckConstraint(name="memory_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="memory_is_in_range",
                condition=Q(importance__range=(1, MOST_IMPORTANT), confidence__range=(0, 1)),
            ),
        ]

    def __str__(self) -> str:
        """Without a word of what it says: this may stand in a log."""
        return f"memory {self.pk}"

    @property
    def is_cold(self) -> bool:
        return self.kind == Kind.SUMMARY


class MemorySource(models.Model):
    """A message that a memory came from, by its plain number: this layer knows no chats."""

    memory = models.ForeignKey(Memory, models.CASCADE, related_name="sources")
    message_id = models.BigIntegerField(db_index=True)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["message_id"]
        constraints = [
            models.UniqueConstraint(fields=["memory", "message_id"], name="source_is_named_once"),
        ]

    def __str__(self) -> str:
        return f"message {self.message_id}"


class Preference(models.Model):
    """Whether a person wants to be remembered. Without a row: yes."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="memory_preference"
    )
    is_on = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class Learning(models.Model):
    """The one worker that learns for a persona about a person, and what came of the tries before.

    `fence` counts those who did; `due_at` is when it may be tried again. Leases are by the database's clock.
    """

    persona = models.ForeignKey("personas.Persona", models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    fence = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["persona", "person"], name="one_learns_of_a_person")]

    def __str__(self) -> str:
        return f"learning {self.pk}"
