"""The people VALIS speaks as."""

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from personas import limits, validators
from personas.cards.lorebook import read_book
from personas.choices import AvatarColour, CommunicationStyle, Engagement
from personas.golden.models import GoldenDialogueRow
from personas.snapshots import PersonaSnapshot

__all__ = ["Card", "GoldenDialogueRow", "Persona"]


def _text(limit: int, help_text: str) -> "models.TextField[str, str]":
    return models.TextField(
        blank=True,
        help_text=help_text,
        validators=[MaxLengthValidator(limit), validators.validate_text],
    )


def _json(
    empty: type[list[Any]] | type[dict[str, Any]], check: Callable[[Any], None], help_text: str
) -> "models.JSONField[Any, Any]":
    return models.JSONField(default=empty, blank=True, validators=[check], help_text=help_text)


class PersonaManager(models.Manager["Persona"]):
    """Leaves the picture in the database until somebody asks for it."""

    def get_queryset(self) -> models.QuerySet["Persona"]:
        return super().get_queryset().defer("picture")


class Persona(models.Model):
    """A character with a voice. What is saved here is what the next reply uses."""

    JSON_SHAPES: ClassVar[dict[str, type]] = {
        "common_phrases": list,
        "topics": list,
        "quirks": list,
        "tags": list,
        "cascade": list,
        "traits": dict,
    }

    slug = models.SlugField(
        max_length=50,
        unique=True,
        help_text="Its name in addresses and on the API; it stays as it is once chosen.",
    )
    name = models.CharField(max_length=limits.NAME, validators=[validators.validate_line])
    role = models.CharField(
        max_length=limits.ROLE,
        blank=True,
        validators=[validators.validate_line],
        help_text="What it is for, in a few words.",
    )
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Small numbers come first wherever personas are listed."
    )
    colour = models.CharField(
        max_length=10,
        choices=AvatarColour,
        default=AvatarColour.SLATE,
        verbose_name="avatar colour",
    )
    picture = models.BinaryField(blank=True, default=b"", editable=False)
    picture_digest = models.CharField(max_length=32, blank=True, editable=False)
    nickname = models.CharField(
        max_length=limits.NAME,
        blank=True,
        validators=[validators.validate_line],
        help_text="What {{char}} stands for in the texts below. Empty: the name.",
    )
    tags = _json(
        list, validators.ListOfLines(length=limits.TAG), "What the gallery can be filtered by. One per line."
    )
    description = _text(limits.DESCRIPTION, "One or two sentences for people choosing a persona.")
    tone = _text(
        limits.TONE,
        "How it sounds, in adjectives: “warm and unhurried”. The fallback voice reads this too.",
    )
    background = _text(limits.BACKGROUND, "Where it comes from and what it knows.")
    scenario = _text(limits.SCENARIO, "Where a conversation takes place, and what has led to it.")
    common_phrases = _json(list, validators.ListOfLines(), "Whole sentences it likes to say. One per line.")
    topics = _json(list, validators.ListOfLines(), "What it likes to talk about. One per line.")
    quirks = _json(list, validators.ListOfLines(), "Small habits that make it itself. One per line.")
    system_prompt = _text(limits.SYSTEM_PROMPT, "Instructions of its own, put into the prompt as they are.")
    greeting = _text(limits.GREETING, "What a new chat shows before the first message.")
    example_dialogue = _text(
        limits.EXAMPLE_DIALOGUE, "A few lines that show how it answers: “Person: …”, “Jane: …”."
    )
    reminder = _text(limits.REMINDER, "What it is reminded of with every reply, after everything else.")
    is_quoted = models.BooleanField(
        "words come from a file",
        default=False,
        help_text="Its words describe a part to play; they are neither facts nor instructions of yours. "
        "Take the tick away when you have read them and stand behind them.",
    )
    traits = _json(dict, validators.validate_traits, "One per line: “creativity: 70”, from 0 to 100.")
    engagement = models.CharField(
        max_length=10,
        choices=Engagement,
        blank=True,
        help_text="Active: asks and proposes. Reactive: answers what was asked. Observer: says little.",
    )
    communication_style = models.CharField(
        max_length=20, choices=CommunicationStyle, blank=True, help_text="How it shapes an answer."
    )
    temperature = models.FloatField(
        null=True,
        blank=True,
        validators=[validators.validate_temperature],
        help_text="0.0 is steady, 1.0 is free. Empty leaves it to the provider.",
    )
    max_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(limits.MAX_TOKENS)],
        help_text="The longest reply, in tokens. Empty takes the general limit.",
    )
    cascade = _json(
        list,
        validators.validate_cascade,
        "Providers in the order this persona wants, one per line, a model after the name if it "
        "matters: “anthropic claude-sonnet-4-5”. Empty takes the general order.",
    )
    daily_token_cap = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(limits.TOKEN_CAP)],
        help_text="Tokens a day. Empty takes the engine's setting; 0: nothing.",
    )
    # A float, because one broken decimal in the database would keep all personas from being read.
    daily_cost_cap_usd = models.FloatField(
        "daily cost cap",
        null=True,
        blank=True,
        validators=[validators.validate_cost_cap],
        help_text="US dollars a day. Empty takes the engine's setting; 0: nothing.",
    )
    capped_on = models.DateField(
        null=True, blank=True, editable=False, help_text="When a cap was reached last."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Only active personas can be chosen for a chat."
    )
    has_memory = models.BooleanField(
        "memory",
        default=True,
        help_text="Whether it uses what it knows of people, and learns more. Nothing is deleted by this.",
    )
    has_book = models.BooleanField("has a lorebook", default=False, editable=False)
    is_shipped = models.BooleanField("came with VALIS", default=False, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)
    updated_at = models.DateTimeField("updated", auto_now=True)

    objects = PersonaManager()
    # Pictures would make each version as large as they are, and no version changes them back.
    history = HistoricalRecords(
        excluded_fields=["picture", "picture_digest", "has_book", "capped_on", "created_at", "updated_at"]
    )

    class Meta:
        ordering = ("position", "name", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Field checks skip empty values, so an empty thing of the wrong kind is caught here."""
        for field, shape in self.JSON_SHAPES.items():
            if not isinstance(getattr(self, field), shape):
                raise ValidationError({field: f"It must be a {shape.__name__}."})

    @property
    def initials(self) -> str:
        words = [letters for word in self.name.split() if (letters := _letters(word))]
        ends = words[:1] + words[1:][-1:]
        return "".join(word[0].upper()[0] for word in ends) or _letters(self.slug)[:1].upper() or "?"

    @property
    def avatar_url(self) -> str:
        """Where the uploaded picture is; empty when the coloured initials stand in for it."""
        if not self.picture_digest:
            return ""
        return f"{reverse('personas:avatar', args=[self.slug])}?v={self.picture_digest}"

    def set_picture(self, webp: bytes) -> None:
        """Take an already re-encoded picture; empty bytes remove it."""
        self.picture = webp
        self.picture_digest = hashlib.sha256(webp).hexdigest()[:32] if webp else ""

    def snapshot(self) -> PersonaSnapshot:
        return PersonaSnapshot(
            slug=self.slug,
            name=self.name,
            role=self.role,
            colour=self.colour,
            description=self.description,
            tone=self.tone,
            background=self.background,
            common_phrases=tuple(self.common_phrases),
            topics=tuple(self.topics),
            quirks=tuple(self.quirks),
            system_prompt=self.system_prompt,
            greeting=self.greeting,
            example_dialogue=self.example_dialogue,
            nickname=self.nickname,
            scenario=self.scenario,
            reminder=self.reminder,
            is_quoted=self.is_quoted,
            book=read_book(self.card.book) if self.has_book else None,
            traits=tuple(sorted(self.traits.items())),
            communication_style=self.communication_style,
            engagement=self.engagement,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            cascade=tuple(self.cascade),
        )


class Card(models.Model):
    """The character card that a persona came with, whole: what VALIS has no place for is kept too."""

    persona = models.OneToOneField(Persona, on_delete=models.CASCADE, related_name="card")
    original = models.TextField(blank=True)
    """As JSON, in the order of the file; empty for a persona of our own form without a card."""
    book = models.JSONField(default=dict, blank=True)
    """Its lorebook, in the form of `cards.lorebook.stored_book`."""
    greetings = models.JSONField(default=list, blank=True)
    """What it may say at the beginning of a chat instead of the persona's greeting."""
    report = models.JSONField(default=dict, blank=True)
    """What was found when it came in: `cards.report.SafetyReport`."""
    imported_at = models.DateTimeField(auto_now_add=True)

    # The others are made of the original, or never change.
    history = HistoricalRecords(excluded_fields=["book", "greetings", "report", "imported_at"])

    def __str__(self) -> str:
        return f"card of {self.persona_id}"


def _letters(word: str) -> str:
    return "".join(character for character in word if character.isalnum())
