"""Too many wrong passwords: who is locked out, and until when (django-axes counts)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import User


def address_of(request: HttpRequest) -> str | None:
    """What `core.callers` found: it believes listed proxies only."""
    return request.META.get("REMOTE_ADDR")


def name_to_count(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name that was tried; of one that nobody has, which may be a password, only a trace."""
    name = str((credentials or request.POST).get("username", ""))
    if User.objects.filter(username=name).exists():
        return name
    return f"unknown {salted_hmac('accounts.lockout', name).hexdigest()[:12]}"


def is_locked_out(request: HttpRequest) -> bool:
    """Whether this request has just been refused for it, or was the one too many."""
    return bool(getattr(request, "axes_locked_out", False))


def lockout_seconds() -> int:
    return int(settings.AXES_COOLOFF_TIME.total_seconds())
