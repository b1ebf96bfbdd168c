"""Adding to the audit log. No text of messages and no secret goes into it, only names and ids."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from accounts.audit.models import AuditEntry
from core.callers import current_caller
from core.request_id import current_request_id

Person = AbstractBaseUser | AnonymousUser | None


def record(
    action: str, *, actor: Person, target: Model | None = None, name: str = "", **details: Any
) -> AuditEntry:
    """Note that somebody did something, in the transaction of the change itself.

    `action` is the thing and the past tense of the verb: "provider.changed". `name` is how people know
    the target; it must not be anything they wrote in a chat. `actor` is None for the command line and
    for people who are not logged in.
    """
    caller = current_caller()
    return AuditEntry.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        actor=actor.get_username() if actor else "",
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        target=name[:200],
        details=details,
        address=caller.address,
        client=caller.client,
        request_id=current_request_id(),
    )
