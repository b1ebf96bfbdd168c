from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.audit.admin import Audited, AuditEntryAdmin
from accounts.guarded_admin import Guarded, OffersRights
from accounts.keys import revoke_key
from accounts.models import ApiKey, User
from accounts.requests import user_of
from accounts.rights import Right, Role

__all__ = ["AccessAttemptAdmin", "ApiKeyAdmin", "AuditEntryAdmin", "GroupAdmin", "UserAdmin"]

admin.site.unregister(Group)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in Role.values


@admin.register(User)
class UserAdmin(Audited, OffersRights, Guarded, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    view_right = change_right = Right.MANAGE_PEOPLE
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def audit_details(self, row: User) -> dict[str, Any]:
        """Who somebody is allowed to be is worth more than that a field was changed."""
        return {
            "is_active": row.is_active,
            "is_staff": row.is_staff,
            "is_superuser": row.is_superuser,
            "groups": sorted(row.groups.values_list("name", flat=True)),
        }


@admin.register(AccessAttempt)
class AccessAttemptAdmin(Audited, Guarded, ModelAdmin):
    """Wrong passwords by name and address. Deleting a row unlocks them."""

    view_right = change_right = Right.MANAGE_PEOPLE
    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    fields = list_display
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def audit_name(self, row: AccessAttempt) -> str:
        return f"{row.username} from {row.ip_address}"


@admin.register(ApiKey)
class ApiKeyAdmin(Audited, Guarded, ModelAdmin):
    """Keys of all people: staff set limits and revoke. Making them is for their owners."""

    view_right = change_right = Right.MANAGE_PEOPLE
    list_display = ("name", "owner", "beginning", "reach", "is_working", "last_used_at", "expires_at")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    readonly_fields = (*list_display, "created_at", "revoked_at")
    fields = (*readonly_fields, "requests_per_minute")
    actions = ("revoke",)

    @admin.display(description="key")
    def beginning(self, key: ApiKey) -> str:
        return f"valis_{key.prefix}_…"

    @admin.display(description="scopes")
    def reach(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description="works", boolean=True)
    def is_working(self, key: ApiKey) -> bool:
        return key.is_valid

    @admin.action(description="Revoke for good", permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        for key in chosen:
            revoke_key(key, by=user_of(request))
        self.message_user(request, "They do not work any more.", messages.SUCCESS)

    def audit_details(self, row: ApiKey) -> dict[str, Any]:
        return {"owner": row.owner.username, "requests_per_minute": row.requests_per_minute}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Group)
class GroupAdmin(Audited, OffersRights, Guarded, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """The groups of the roles are as `accounts.rights` says; others may be made beside them."""

    view_right = change_right = Right.MANAGE_PEOPLE

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_role(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_role(obj)

    def audit_details(self, row: Group) -> dict[str, Any]:
        return {"permissions": sorted(row.permissions.values_list("codename", flat=True))}
