"""Admin pages that go by the rights of people, not by Django's permissions for each table."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from accounts.rights import Right

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class Guarded(Base):
    """Comes before `ModelAdmin` among the bases of every admin class."""

    view_right: Right
    change_right: Right | None = None
    """None: nobody changes these rows in admin."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, self.view_right) or self.has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, self.change_right)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may(request, self.change_right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may(request, self.change_right)


class RightsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """The rights of VALIS, where Django would offer its permissions for each table."""

    def __init__(self, queryset: Any, **options: Any) -> None:
        rights = Permission.objects.filter(content_type__app_label="accounts", codename__in=Right.values)
        super().__init__(
            rights.order_by("pk"), **options | {"widget": UnfoldAdminCheckboxSelectMultipleWidget}
        )

    def label_from_instance(self, obj: Any) -> str:
        return capfirst(str(obj.name))


class OffersRights(Base):
    """Roles and rights as boxes to tick."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        if db_field.related_model is Permission:
            return db_field.formfield(form_class=RightsField, help_text="")
        options["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **options)


def _may(request: HttpRequest, right: Right | None) -> bool:
    return right is not None and isinstance(request.user, User) and request.user.may(right)
