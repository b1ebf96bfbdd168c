"""The two people of a fresh installation."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from accounts.rights import Role
from accounts.roles import give_role


@dataclass(frozen=True, slots=True, repr=False)
class FirstPerson:
    """`password` is set only when it was made up here: it is shown once and never again."""

    username: str
    purpose: str
    password: str


@transaction.atomic
def create_first_people(*, demo_password: str | None, staff_password: str) -> list[FirstPerson]:
    """Create `demo` and `staff` when nobody is there yet. Empty passwords are made up; None: no demo."""
    if User.objects.exists():
        return []
    created = []
    for username, purpose, given in (
        ("demo", "talks with personas", demo_password),
        ("staff", "edits everything in /admin/", staff_password),
    ):
        if given is None:
            continue
        password = given or secrets.token_urlsafe(9)
        is_staff = username == "staff"
        user = User.objects.create_user(username, password=password, is_staff=is_staff)
        if is_staff:
            give_role(user, Role.ADMIN)
        created.append(FirstPerson(username, purpose, "" if given else password))
    return created
