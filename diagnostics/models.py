"""Signs of life of what runs in the background, what each process has counted, and what has happened."""

from django.db import models

from diagnostics.fidelity.models import FidelityAnswer, FidelityRun

__all__ = [
    "Event",
    "FidelityAnswer",
    "FidelityRun",
    "ProcessFigures",
    "Recount",
    "Sign",
    "Snapshot",
]


class Sign(models.Model):
    """When something was last seen at work."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ProcessFigures(models.Model):
    """The counts of one process from its start on; the row `past` has those of all that are gone."""

    id = models.CharField(max_length=32, primary_key=True)
    role = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=40, blank=True)
    seen_at = models.DateTimeField(help_text="By the database's clock.")
    counts = models.JSONField(default=dict, help_text="What only ever grows.")
    state = models.JSONField(default=dict, help_text="What goes up and down.")
    machine = models.JSONField(default=dict, help_text="Memory, CPU and files of the process.")
    uses = models.JSONField(
        default=dict, help_text="The engine settings of the last turn it began, and since when."
    )

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """Something that happened. Ids are in the order in which events can be read (`activity.recording`)."""

    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict, help_text="Names and numbers; never the text of a message.")
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind


class Snapshot(models.Model):
    """The configuration after a change, who made it, and what it changed. There are no keys in it."""

    at = models.DateTimeField("when", auto_now_add=True)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField("who", max_length=150, blank=True)
    how = models.CharField(max_length=80)
    data = models.JSONField()
    changes = models.JSONField(default=list, help_text="[{key, before, after}]")
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.pk}"


class Recount(models.Model):
    """When the figures of a tile were last counted in another way, and whether that agreed."""

    tile = models.CharField(max_length=40, primary_key=True)
    checked_at = models.DateTimeField()
    agrees = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.tile
