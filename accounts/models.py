"""People who may sign in, the keys of their programs, and what they did."""

from datetime import timedelta

from django.contrib.auth.models import AbstractUser, Permission
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.audit.models import AuditEntry
from accounts.rights import EVERYBODY, ROLES, SCOPES, Right, Role, Scope

__all__ = ["ApiKey", "AuditEntry", "User"]


class User(AbstractUser):
    """A person. Ours from the start, because replacing Django's later would move every table."""

    class Meta(AbstractUser.Meta):
        permissions = [(right.value, right.label) for right in Right if right not in EVERYBODY]

    @cached_property
    def rights(self) -> frozenset[Right]:
        """As they were when first asked for: a person is loaded anew for each request."""
        if not self.is_active:
            return frozenset()
        given = Permission.objects.filter(
            Q(user=self) | Q(group__user=self), content_type__app_label="accounts", codename__in=Right.values
        ).values_list("codename", flat=True)
        role = ROLES[Role.ADMIN] if self.is_superuser else EVERYBODY
        return role | {Right(each) for each in given}

    def may(self, right: Right) -> bool:
        return self.is_active if right in EVERYBODY else right in self.rights


ROTATE_AFTER = timedelta(days=90)


class ApiKey(models.Model):
    """What a program shows instead of a login. Only a digest of its secret is kept."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    """SHA-256 of 32 random bytes: too many to guess, so that a slow hash would only cost time."""
    scopes = models.JSONField(default=list)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    """None: as the settings say. 0: as many as it likes."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} (valis_{self.prefix}_…)"

    @property
    def is_valid(self) -> bool:
        is_in_time = self.expires_at is None or self.expires_at > timezone.now()
        return self.revoked_at is None and is_in_time and self.owner.is_active

    @property
    def is_due_for_rotation(self) -> bool:
        return self.is_valid and self.created_at < timezone.now() - ROTATE_AFTER

    def may(self, right: Right) -> bool:
        """What its owner may, as far as one of its scopes reaches."""
        reaches = any(right in SCOPES[Scope(each)] for each in self.scopes if each in Scope.values)
        return reaches and self.owner.may(right)
