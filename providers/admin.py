"""Staff set up providers and the engine here; the next turn goes by it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import JSONField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.audit.admin import Audited
from accounts.guarded_admin import Guarded
from accounts.rights import Right
from providers.base import provider_classes
from providers.circuits.admin import CircuitAdmin
from providers.engine_settings import engine_settings
from providers.forms import ProviderForm
from providers.limits import EngineLimits, checked_limits
from providers.lineup import candidate_of
from providers.models import EngineSettings, Provider

__all__ = ["CircuitAdmin", "EngineSettingsAdmin", "ProviderAdmin"]


@admin.register(Provider)
class ProviderAdmin(Audited, Guarded, ModelAdmin):
    view_right = Right.READ_CONFIGURATION
    change_right = Right.CHANGE_ENGINE
    form = ProviderForm
    tells_staff = True
    list_display = ("name", "state", "why_skipped", "kind", "model_asked", "priority", "is_enabled")
    list_editable = ("priority", "is_enabled")
    ordering = ("priority", "name")
    change_form_outer_before_template = "admin/providers/test_button.html"
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": (("name", "kind"), ("priority", "is_enabled"))}),
        ("How it is reached", {"fields": ("model", "base_url", "uses_environment")}),
        ("Key", {"fields": ("new_api_key", "remove_api_key")}),
        (
            "Limits of its own",
            {
                "fields": (
                    ("connect_timeout", "first_token_timeout"),
                    ("silence_timeout", "provider_timeout"),
                    "max_concurrent_requests",
                ),
                "description": "Empty fields take the engine's settings.",
            },
        ),
        (
            "Prices of its own, in US dollars for a million tokens",
            {
                "fields": ("price_in", "price_out", "price_cached"),
                "description": "For every model it is asked for. Empty fields take the price list that comes "
                "with VALIS; a model that is not in it is “unpriced”, and counts by its tokens alone.",
            },
        ),
    )

    @display(description="state", label={"ready": "success", "skipped": "warning"})
    def state(self, row: Provider) -> str:
        return "skipped" if self.why_skipped(row) else "ready"

    @display(description="why skipped", empty_value="")
    def why_skipped(self, row: Provider) -> str:
        return candidate_of(row, EngineLimits()).skip_reason

    @display(description="model", ordering="model")
    def model_asked(self, row: Provider) -> str:
        """Its own, or its kind's."""
        return candidate_of(row, EngineLimits()).config.model

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        provider_class = provider_classes().get(obj.kind)
        if obj.is_enabled and provider_class and provider_class.warning:
            self.message_user(
                request, f"“{obj.name}” is switched on. {provider_class.warning}", messages.WARNING
            )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a stored key can be removed."""
        if obj and obj.api_key:
            return super().get_fieldsets(request, obj)
        return tuple(
            (name, options | {"fields": ("new_api_key",)} if name == "Key" else options)
            for name, options in self.fieldsets
        )


@admin.register(EngineSettings)
class EngineSettingsAdmin(Audited, Guarded, ModelAdmin):
    """One row: the list goes straight to it."""

    view_right = Right.READ_CONFIGURATION
    change_right = Right.CHANGE_ENGINE
    formfield_overrides = {JSONField: {"widget": UnfoldAdminTextInputWidget}}
    warn_unsaved_form = True
    fieldsets = (
        (
            "Time limits, in seconds",
            {
                "fields": (
                    ("connect_timeout", "first_token_timeout"),
                    ("silence_timeout", "provider_timeout"),
                    "reply_deadline",
                )
            },
        ),
        ("Going round again", {"fields": ("retry_schedule",)}),
        (
            "Circuit breakers",
            {"fields": (("circuit_breaker_threshold", "circuit_breaker_timeout"),)},
        ),
        ("At the same time", {"fields": (("max_concurrent_requests", "longest_wait"), "place_wait")}),
        ("Sizes", {"fields": ("max_output", ("history_messages", "history_characters"))}),
        ("Daily caps of a persona", {"fields": (("daily_token_cap", "daily_cost_cap_usd"),)}),
        ("Chats", {"fields": ("session_idle_hours", "titles_by_model")}),
        ("Memory", {"fields": ("memory", "memory_tokens", "memory_learning", "memory_model")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Says of what is broken in the database that it is not in force."""
        if request.method == "GET" and self.has_view_or_change_permission(request):
            for problem in checked_limits(engine_settings().values())[1]:
                messages.warning(request, problem)
        return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = engine_settings()
        if row.pk is None:
            row.save()
        return HttpResponseRedirect(reverse("admin:providers_enginesettings_change", args=[row.pk]))
