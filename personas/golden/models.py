"""Golden dialogues as rows, so that staff write them for personas of their own."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models

from personas import limits, validators
from personas.golden.words import says, words_in


def validate_told(value: Any) -> None:
    """`[{"role": "user", "text": …}, {"role": "assistant", "text": …}]`, in turns, the persona last."""
    if not isinstance(value, list):
        raise ValidationError("It must be a list of what was said.")
    if len(value) > limits.GOLDEN_TOLD:
        raise ValidationError(f"{len(value)} lines; at most {limits.GOLDEN_TOLD} are possible.")
    for number, line in enumerate(value, start=1):
        if not isinstance(line, dict) or set(line) != {"role", "text"} or not isinstance(line["text"], str):
            raise ValidationError(f"Line {number} must have a “role” and a “text”.")
        is_last_of_pair = (len(value) - number) % 2 == 0
        if line["role"] != ("assistant" if is_last_of_pair else "user"):
            raise ValidationError("Person and persona must take turns, and the persona speaks last.")
        if not line["text"].strip():
            raise ValidationError(f"Line {number} is empty.")
        MaxLengthValidator(limits.GOLDEN_TEXT)(line["text"])
        validators.validate_text(line["text"])


def _text(help_text: str) -> "models.TextField[str, str]":
    checks: list[Callable[[Any], None]] = [MaxLengthValidator(limits.GOLDEN_TEXT), validators.validate_text]
    return models.TextField(validators=checks, help_text=help_text)


def _words(help_text: str) -> "models.JSONField[Any, Any]":
    check = validators.ListOfLines(length=limits.GOLDEN_WORD)
    return models.JSONField(default=list, blank=True, validators=[check], help_text=help_text)


class GoldenDialogueRow(models.Model):
    """A question, and the reply that is this persona's voice at its best."""

    persona = models.ForeignKey("personas.Persona", on_delete=models.CASCADE, related_name="golden_dialogues")
    name = models.CharField(
        max_length=limits.GOLDEN_NAME,
        validators=[validators.validate_line],
        help_text="What it is about, in a few words.",
    )
    position = models.PositiveSmallIntegerField(default=100, help_text="Small numbers come first.")
    told = models.JSONField(
        "said before",
        default=list,
        blank=True,
        validators=[validate_told],
        help_text="What the dialogue began with, if the question goes on from something.",
    )
    question = _text("What a person asks.")
    reply = _text("What the persona should answer, in its own voice.")
    markers = _words("Words by which one knows this voice; a reply shows some of them. One per line.")
    avoids = _words("Words that this voice never says. One per line.")
    declines = models.BooleanField(default=False, help_text="The reply refuses what was asked.")

    class Meta:
        verbose_name = "golden dialogue"
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("persona", "name"),
                name="golden_name_once",
                violation_error_message="This persona has a golden dialogue of that name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Field checks skip empty values, so an empty thing of the wrong kind is caught here."""
        for field in ("told", "markers", "avoids"):
            if not isinstance(getattr(self, field), list):
                raise ValidationError({field: "It must be a list."})
        said = words_in(self.reply)
        if wrong := [each for each in self.avoids if says(said, self.reply, each)]:
            raise ValidationError({"avoids": f"The golden reply says “{wrong[0]}” itself."})
        others = GoldenDialogueRow.objects.filter(persona=self.persona_id).exclude(pk=self.pk)
        if self.persona_id and others.count() >= limits.GOLDEN_DIALOGUES:
            raise ValidationError(f"A persona has {limits.GOLDEN_DIALOGUES} golden dialogues at most.")
