"""Logins, logouts and refused logins, as Django tells of them."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit.recording import record
from accounts.lockout import is_locked_out
from accounts.models import User
from core.events import emit


@receiver(user_logged_in)
def _logged_in(user: User, **_: Any) -> None:
    record("login.succeeded", actor=user)


@receiver(user_logged_out)
def _logged_out(user: User | None, **_: Any) -> None:
    if user:
        record("login.ended", actor=user)


@receiver(user_login_failed)
def _refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A name that nobody has may be a password in the wrong field, so it is not kept."""
    known = User.objects.filter(username=str(credentials.get("username", ""))).first()
    locked = {"locked": True} if request and is_locked_out(request) else {}
    record("login.failed", actor=None, target=known, name=known.username if known else "", **locked)
    if locked:
        transaction.on_commit(lambda: emit("login_locked"))
