"""The table of the audit log."""

from typing import Any, NoReturn

from django.db import models


def _refuse() -> NoReturn:
    raise TypeError("The audit log is only ever added to.")


class AddOnly(models.QuerySet["AuditEntry"]):
    def update(self, **_: Any) -> NoReturn:
        _refuse()

    def delete(self) -> NoReturn:
        _refuse()


class AuditEntry(models.Model):
    """One thing that one person did. Triggers in the database refuse to change or delete it.

    People and things are named by plain ids with a copy of their name, so that entries stay as they
    are when what they speak of is deleted.
    """

    at = models.DateTimeField("when", auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, db_index=True)
    actor = models.CharField("who", max_length=150, blank=True)
    action = models.CharField("what", max_length=60)
    target_type = models.CharField(max_length=100, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target = models.CharField("of what", max_length=200, blank=True)
    details = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)
    client = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AddOnly.as_manager()

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.action} {self.target}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        _refuse()
