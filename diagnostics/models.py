"""Signs of life of what runs in the background, and what each process has counted."""

from django.db import models


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
    seen_at = models.DateTimeField(help_text="By the database's clock.")
    counts = models.JSONField(default=dict, help_text="What only ever grows.")
    state = models.JSONField(default=dict, help_text="What goes up and down.")
    machine = models.JSONField(default=dict, help_text="Memory, CPU and files of the process.")

    def __str__(self) -> str:
        return self.name
