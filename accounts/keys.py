"""API keys: making, rotating, revoking, and finding the one a request carries.

A key reads `valis_<prefix>_<secret>`. The prefix finds its row; the secret is shown once and never kept.
"""

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.audit.recording import record
from accounts.login_changes import announce_login_change
from accounts.models import ApiKey, User
from accounts.rights import Scope
from core.composed import Rows, given
from core.errors import InvalidInput, NotFound

CHANGE_OVER = timedelta(days=1)
"""How long a rotated key still works, so that programs can be given the new one."""
MAX_KEYS = 50
_USE_NOTED_EVERY = timedelta(minutes=1)
_key = Rows(lambda: ApiKey.objects.select_related("owner").filter(prefix=given("prefix")))
_PREFIX_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key with its text, which exists nowhere else."""

    key: ApiKey
    text: str = field(repr=False)


@transaction.atomic
def make_key(
    owner: User,
    *,
    by: User | None = None,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
) -> MadeKey:
    """`by` is who makes it, and nobody for the command line. Raises `InvalidInput`."""
    chosen = sorted({Scope(each).value for each in scopes if each in Scope.values})
    name = name.strip()
    if not chosen or not 0 < len(name) <= 80:
        raise InvalidInput("A key has a name of up to 80 characters, and one scope at least.")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("A key cannot have expired before it is made.")
    if keys_of(owner).filter(revoked_at=None).count() >= MAX_KEYS:
        raise InvalidInput(f"Nobody has more than {MAX_KEYS} keys. Revoke one that is not used.")
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        owner=owner,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        scopes=chosen,
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
    )
    record("key.made", actor=by, target=key, name=key.name, owner=owner.username, scopes=chosen)
    return MadeKey(key, f"valis_{prefix}_{secret}")


@transaction.atomic
def rotate_key(key: ApiKey, *, by: User | None = None) -> MadeKey:
    """A new key in place of this one, which goes on working for a day. Raises `InvalidInput`."""
    if not key.is_valid:
        raise InvalidInput("This key does not work any more. Make a new one.")
    now = timezone.now()
    lifetime = key.expires_at - key.created_at if key.expires_at else None
    made = make_key(
        key.owner,
        by=by,
        name=key.name,
        scopes=key.scopes,
        expires_at=now + lifetime if lifetime else None,
        requests_per_minute=key.requests_per_minute,
    )
    key.expires_at = min(key.expires_at or now + CHANGE_OVER, now + CHANGE_OVER)
    key.save(update_fields=["expires_at"])
    record("key.rotated", actor=by, target=key, name=key.name, owner=key.owner.username)
    return made


@transaction.atomic
def revoke_key(key: ApiKey, *, by: User | None = None) -> None:
    """For good, from the next request on."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        announce_login_change(key.owner_id)
        record("key.revoked", actor=by, target=key, name=key.name, owner=key.owner.username)


def is_bearer(header: str) -> bool:
    """Whether an `Authorization` header is for us: a web server in front may have one of its own."""
    return header.strip().partition(" ")[0].lower() == "bearer"


def key_of_bearer(header: str) -> ApiKey | None:
    """The valid key in an `Authorization` header, with its owner loaded; None for anything else."""
    token = header.strip().partition(" ")[2]
    kind, _, rest = token.strip().partition("_")
    prefix, _, secret = rest.partition("_")
    if not is_bearer(header) or kind != "valis" or not secret or not prefix.isalnum():
        return None
    key = _key.one(prefix=prefix)
    if key is None or not constant_time_compare(key.digest, _digest(secret)) or not key.is_valid:
        return None
    _note_use(key)
    return key


def own_key(owner: User, key_id: int) -> ApiKey:
    """Raises `NotFound`, for the keys of others too."""
    key = keys_of(owner).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such key.")
    return key


def keys_of(owner: User) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(owner=owner).select_related("owner")


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - _USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_NOTED_EVERY)
        with suppress(DatabaseError):  # a request does not fail because its time could not be noted
            ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
