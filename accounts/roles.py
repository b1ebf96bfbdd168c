"""The roles as groups in the database, which are put in order after each migration."""

from typing import Any

from django.apps import apps as all_apps
from django.apps.registry import Apps

from accounts.models import User
from accounts.rights import ROLES, Role


def give_role(user: User, role: Role) -> None:
    user.groups.add(all_apps.get_model("auth", "Group").objects.get(name=role.value))


def create_roles(apps: Apps = all_apps, **_: Any) -> None:
    """Make the groups of the roles with exactly their rights; others are left alone. Safe to run again."""
    try:
        groups = apps.get_model("auth", "Group")
        permissions = apps.get_model("auth", "Permission")
    except LookupError:  # an old state of the tables, on the way back
        return
    for role, rights in ROLES.items():
        group, _is_new = groups.objects.get_or_create(name=role.value)
        group.permissions.set(
            permissions.objects.filter(content_type__app_label="accounts", codename__in=rights)
        )
