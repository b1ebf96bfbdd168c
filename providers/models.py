"""Rows that staff edit: the providers in their order, and the engine's settings."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from core.fields import EncryptedTextField
from providers.addresses import check_address
from providers.base import provider_classes
from providers.circuits.models import Circuit, CircuitState
from providers.drills.models import Drill
from providers.limits import EngineLimits, limit_problems
from providers.prices import Priced

__all__ = ["Circuit", "CircuitState", "Drill", "EngineSettings", "Provider"]

_NAME = RegexValidator(r"^[a-z0-9][a-z0-9_-]*\Z", "Use small letters, digits, - and _ only.")
_SECONDS = [MinValueValidator(0.05), MaxValueValidator(3600)]


def _default(name: str) -> Any:
    return EngineLimits.model_fields[name].default


def default_retry_schedule() -> list[float]:
    return list(_default("retry_schedule"))


def _check_kind(kind: str) -> None:
    known = sorted(set(provider_classes()) - {"fallback"})
    if kind not in known:
        raise ValidationError(f"“{kind}” is no kind of provider. Known: {', '.join(known)}.")


def _limit(help_text: str) -> Any:
    return models.FloatField(
        null=True, blank=True, validators=_SECONDS, help_text=f"{help_text} Empty: the engine's setting."
    )


class Provider(Priced):
    """A place in the cascade: where a model is reached, and with what."""

    name = models.CharField(
        max_length=40, unique=True, validators=[_NAME], help_text="As personas and reports call it."
    )
    kind = models.CharField(max_length=40, validators=[_check_kind])
    priority = models.PositiveSmallIntegerField(default=100, help_text="The lowest is tried first.")
    is_enabled = models.BooleanField("enabled", default=True)
    model = models.CharField(
        max_length=120, blank=True, help_text="As the provider names it. Empty: the kind's default."
    )
    base_url = models.CharField(
        "base URL",
        max_length=300,
        blank=True,
        validators=[check_address],
        help_text="Of a compatible server, such as http://127.0.0.1:8080/v1. Empty: the official one.",
    )
    api_key = EncryptedTextField("API key", blank=True, default="")
    uses_environment = models.BooleanField(
        "key from the environment",
        default=False,
        help_text="Where key or base URL is empty, take the environment's (never stored).",
    )
    connect_timeout = _limit("Seconds to connect.")
    first_token_timeout = _limit("Seconds to the first token.")
    silence_timeout = _limit("Seconds between two tokens.")
    provider_timeout = _limit("Seconds for the whole call.")
    max_concurrent_requests = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Calls at the same time, by all workers together. Empty: no limit of its own.",
    )
    drilled_at = models.DateTimeField(
        null=True, editable=False, help_text="While this is set, the line-up looks whether there is a drill."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["priority", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.name == "fallback":
            raise ValidationError({"name": "This is the name of the fallback voice, which is always there."})

    @property
    def key_hint(self) -> str:
        """The stored key's last four characters, all that is ever shown of it."""
        if not self.api_key:
            return ""
        return f"…{self.api_key[-4:]}" if len(self.api_key) >= 12 else "…"

    def own_limits(self) -> dict[str, float]:
        """The limits that this row sets itself."""
        names = ("connect_timeout", "first_token_timeout", "silence_timeout", "provider_timeout")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class Place(models.Model):
    """One call that runs at a provider with a limit. Leases are by the database's clock."""

    provider = models.CharField(max_length=40, db_index=True)
    holder = models.UUIDField(unique=True)
    held_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"a place at {self.provider}"


def memory_model_problem(choice: str) -> str:
    """What is wrong with *provider model*, or a provider alone; '' when nothing is."""
    name = choice.partition(" ")[0]
    if not name or Provider.objects.filter(name=name).exists():
        return ""
    return f"There is no provider “{name}”."


class EngineSettings(models.Model):
    """One row: what the engine goes by, read when a turn starts."""

    connect_timeout = models.FloatField(
        default=_default("connect_timeout"), validators=_SECONDS, help_text="Seconds to connect."
    )
    first_token_timeout = models.FloatField(
        default=_default("first_token_timeout"), validators=_SECONDS, help_text="Seconds to the first token."
    )
    silence_timeout = models.FloatField(
        default=_default("silence_timeout"), validators=_SECONDS, help_text="Seconds between two tokens."
    )
    provider_timeout = models.FloatField(
        default=_default("provider_timeout"), validators=_SECONDS, help_text="Seconds for one whole call."
    )
    reply_deadline = models.FloatField(
        default=_default("reply_deadline"),
        validators=_SECONDS,
        help_text="Seconds for a whole reply, all providers and pauses together.",
    )
    retry_schedule = models.JSONField(
        default=default_retry_schedule,
        blank=True,
        help_text="Pauses in seconds before the cascade goes round again: [1, 2, 4]. []: it does not.",
    )
    circuit_breaker_threshold = models.PositiveIntegerField(
        default=_default("circuit_breaker_threshold"),
        help_text="Failures in a row after which a provider is left alone, for each of its models.",
    )
    circuit_breaker_timeout = models.FloatField(
        default=_default("circuit_breaker_timeout"),
        validators=_SECONDS,
        help_text="Seconds for which it is left alone. Then one call finds out whether it is back.",
    )
    max_output = models.PositiveIntegerField(
        default=_default("max_output"), help_text="Tokens of one reply, where the persona says nothing."
    )
    history_messages = models.PositiveIntegerField(
        default=_default("history_messages"), help_text="Earlier messages a provider is told."
    )
    history_characters = models.PositiveIntegerField(
        default=_default("history_characters"), help_text="Characters of earlier messages a provider is told."
    )
    max_concurrent_requests = models.PositiveIntegerField(
        default=_default("max_concurrent_requests"),
        help_text="Replies written at the same time, by all workers together. The others wait in line.",
    )
    longest_wait = models.FloatField(
        default=_default("longest_wait"),
        validators=_SECONDS,
        help_text="Seconds to wait when all places are busy; then the fallback voice answers.",
    )
    daily_token_cap = models.PositiveBigIntegerField(
        "daily token cap",
        default=_default("daily_token_cap"),
        help_text="Tokens a day of each persona that has no cap of its own. 0: nothing.",
    )
    daily_cost_cap_usd = models.FloatField(
        "daily cost cap",
        default=_default("daily_cost_cap_usd"),
        help_text="US dollars a day of each persona that has no cap of its own. 0: nothing.",
    )
    place_wait = models.FloatField(
        default=_default("place_wait"),
        validators=[MinValueValidator(0), MaxValueValidator(60)],
        help_text="Seconds to wait for a provider whose own places are all busy; then the next one is asked.",
    )
    session_idle_hours = models.FloatField(
        default=_default("session_idle_hours"),
        help_text="Hours without a message after which a chat is listed as inactive. Nothing is deleted.",
    )
    memory = models.BooleanField(
        default=_default("memory"),
        help_text="Whether replies use what personas know of people, and personas learn more.",
    )
    memory_tokens = models.PositiveIntegerField(
        default=_default("memory_tokens"),
        help_text="Tokens of memories in one prompt: those that fit best. 0: none.",
    )
    titles_by_model = models.BooleanField(
        "titles by a model",
        default=_default("titles_by_model"),
        help_text="After the first reply the model is asked once more, for a title of the chat.",
    )
    memory_learning = models.BooleanField(
        "learning",
        default=_default("memory_learning"),
        help_text="Whether personas learn from what people tell them: now and then a call in the background.",
    )
    memory_model = models.CharField(
        "learning by",
        max_length=160,
        blank=True,
        default=_default("memory_model"),
        help_text="Who is asked for that: a provider, or a provider and its model, as “claude "
        "claude-haiku-4-5”. Empty: the persona's own cascade.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "engine settings"
        verbose_name_plural = "engine settings"

    def __str__(self) -> str:
        return "Engine settings"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self) -> None:
        problems = limit_problems(self.values())
        if "memory_model" not in problems and (problem := memory_model_problem(self.memory_model)):
            problems["memory_model"] = problem
        if problems:
            raise ValidationError(problems)

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in EngineLimits.model_fields}
