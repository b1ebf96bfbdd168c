"""Logins and keys that sockets were opened with, and whether they still count."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Login:
    """Whose login it is, and what must stay as it was for it to count."""

    user_id: int
    session_key: str = field(repr=False)
    password: str = field(repr=False)
    """As it is stored (hashed). Another one ends all logins of its owner."""


@dataclass(frozen=True, slots=True)
class KeyLogin:
    """A program's key in the place of a login."""

    user_id: int
    key_id: int


def login_of(asking: User | ApiKey, session_key: str) -> Login | KeyLogin:
    if isinstance(asking, ApiKey):
        return KeyLogin(asking.owner_id, asking.pk)
    return Login(asking.pk, session_key, asking.password)


def ended(logins: Collection[Login | KeyLogin]) -> set[Login | KeyLogin]:
    """Those of them that count no more, in three queries at most, however many there are."""
    by_key = {each for each in logins if isinstance(each, KeyLogin)}
    return {*ended_logins({each for each in logins if isinstance(each, Login)}), *_ended_keys(by_key)}


def _ended_keys(logins: Collection[KeyLogin]) -> set[KeyLogin]:
    if not logins:
        return set()
    valid = ApiKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
        pk__in={each.key_id for each in logins},
        revoked_at=None,
        owner__is_active=True,
    ).values_list("pk", flat=True)
    return {each for each in logins if each.key_id not in set(valid)}


def ended_logins(logins: Collection[Login]) -> set[Login]:
    """Those that were logged out, have expired, or whose person was switched off or has a new password.

    Two queries, however many logins there are.
    """
    passwords = dict(
        User.objects.filter(pk__in={each.user_id for each in logins}, is_active=True).values_list(
            "pk", "password"
        )
    )
    sessions = set(
        Session.objects.filter(
            pk__in={each.session_key for each in logins}, expire_date__gt=timezone.now()
        ).values_list("pk", flat=True)
    )
    return {
        each
        for each in logins
        if each.session_key not in sessions or passwords.get(each.user_id) != each.password
    }


def remove_old_logins() -> int:
    """Delete the logins that are over: they would be refused anyway. Returns how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return deleted
