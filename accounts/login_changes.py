"""Telling open sockets that somebody's logins or rights may have changed."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import User
from core import live

TOPIC = "logins"
_NO_CHANGE_OF_RIGHTS = {"last_login"}


def announce_login_change(user_id: int) -> None:
    """Have every process check the open sockets of this person, once the change is committed."""
    transaction.on_commit(lambda: live.publish(TOPIC, {"type": "logins.changed", "user": user_id}))


@receiver(post_save, sender=User)
def _person_saved(
    instance: User, created: bool, update_fields: frozenset[str] | None = None, **_: Any
) -> None:
    if not created and set(update_fields or ()) != _NO_CHANGE_OF_RIGHTS:
        announce_login_change(instance.pk)


@receiver(post_delete, sender=User)
def _person_deleted(instance: User, **_: Any) -> None:
    announce_login_change(instance.pk)


@receiver(post_delete, sender=Session)
def _logged_out(instance: Session, **_: Any) -> None:
    """Also for what logging out does inside: the login's row is deleted."""
    user_id = str(instance.get_decoded().get(SESSION_KEY, ""))
    if user_id.isdecimal():
        announce_login_change(int(user_id))
