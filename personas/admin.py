"""Staff edit personas here; what they save is what the next reply uses."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.dataclasses import ActionDialog
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from accounts.audit.admin import Audited
from accounts.guarded_admin import Guarded
from accounts.rights import Right
from core.errors import ValisError
from personas.cards.admin import ComesAndGoes
from personas.cards.book_admin import HasBook
from personas.forms import UPLOAD, PersonaForm
from personas.golden.admin import HasGoldenDialogues
from personas.loading import reset_to_shipped
from personas.models import Persona
from personas.prompting import prompt_preview
from personas.versions import Versioned

_CONFIRM_RESET = ActionDialog(
    title="Reset to the shipped defaults?",
    description="Everything edited here goes back to what came with VALIS, its golden dialogues too. "
    "The picture stays, and whether the persona is active.",
    form_class=None,
    form_submit_text="Reset",
)


@admin.register(Persona)
class PersonaAdmin(Audited, Guarded, Versioned, ComesAndGoes, HasBook, HasGoldenDialogues, ModelAdmin):
    view_right = Right.READ_PROMPTS
    change_right = Right.EDIT_PERSONAS
    form = PersonaForm
    tells_staff = True
    list_display = ("who", "role", "is_active", "position", "updated_at")
    list_editable = ("position",)
    list_filter = ("is_active", "is_quoted", "is_shipped")
    search_fields = ("name", "slug", "role", "description")
    readonly_fields = ("used_today", "prompt_as_sent", "import_report", "files")
    actions = ("reset_chosen", "export_chosen")
    actions_detail = ("open_lorebook", "open_golden_dialogues", "reset_this")
    warn_unsaved_form = True
    change_form_after_template = "admin/personas/fidelity.html"
    day_in_words: Callable[[Persona], str] = staticmethod(lambda persona: "")
    """What a persona has used today. The ledger, which is above, puts its own words here."""

    class Media:
        css: ClassVar = {"all": ("css/panel.css",)}
        js: ClassVar = (Script("js/panel.js", type="module"),)

    fieldsets = (
        (
            "Who it is",
            {
                "fields": (
                    ("name", "slug"),
                    ("role", "position"),
                    "tags",
                    "description",
                    "greeting",
                    "is_active",
                )
            },
        ),
        ("How it looks", {"fields": ("colour", UPLOAD)}),
        (
            "How it sounds",
            {
                "fields": (
                    "tone",
                    ("engagement", "communication_style"),
                    "common_phrases",
                    "quirks",
                    "example_dialogue",
                )
            },
        ),
        (
            "What it brings",
            {
                "fields": (
                    ("nickname", "is_quoted"),
                    "background",
                    "scenario",
                    "topics",
                    "traits",
                    "system_prompt",
                    "reminder",
                )
            },
        ),
        ("Model", {"fields": ("temperature", "max_tokens", "cascade")}),
        ("Memory", {"fields": ("has_memory",)}),
        ("Daily caps", {"fields": ("daily_token_cap", "daily_cost_cap_usd", "used_today")}),
        ("The prompt", {"fields": ("prompt_as_sent",)}),
        ("Files", {"fields": ("import_report", "files")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The slug is part of addresses and of the ledger, so it stays once chosen."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A shipped persona would come back with the next load: it is made inactive instead."""
        if isinstance(obj, Persona) and obj.is_shipped:
            return False
        return bool(super().has_delete_permission(request, obj))

    @display(description="persona", header=True, ordering="name")
    def who(self, persona: Persona) -> list[Any]:
        picture = {"path": persona.avatar_url, "width": 32, "height": 32}
        return [
            persona.name,
            persona.slug,
            persona.initials,
            picture if persona.avatar_url else None,
        ]

    @admin.display(description="used today")
    def used_today(self, persona: Persona) -> str:
        saved = Persona.objects.filter(pk=persona.pk).first()
        return self.day_in_words(saved) if saved else "Nothing yet."

    @admin.display(description="as a new chat would send it")
    def prompt_as_sent(self, persona: Persona) -> str:
        # The one in the form may hold values that were just refused.
        saved = Persona.objects.filter(pk=persona.pk).first()
        if saved is None:
            return "Save the persona to see the prompt it makes."
        prompt, tokens = prompt_preview(saved)
        return render_to_string(
            "personas/admin/prompt.html", {"prompt": prompt, "tokens": tokens, "book": saved.snapshot().book}
        )

    @admin.action(description="Reset to shipped defaults", permissions=["change"])
    def reset_chosen(self, request: HttpRequest, chosen: QuerySet[Persona]) -> None:
        for persona in chosen:
            self._reset(request, persona)

    @action(
        description="Reset to shipped defaults",
        permissions=["change"],
        icon="restart_alt",
        dialog=_CONFIRM_RESET,
    )
    def reset_this(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        if persona := Persona.objects.filter(pk=object_id).first():
            self._reset(request, persona)
        edit_page = reverse("admin:personas_persona_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": edit_page})

    def _reset(self, request: HttpRequest, persona: Persona) -> None:
        try:
            reset_to_shipped(persona.slug)
        except ValisError as error:
            self.message_user(request, error.message, messages.WARNING)
            return
        self.log_change(request, persona, "Reset to shipped defaults.")
        self.message_user(request, f"{persona.name} is as shipped again.", messages.SUCCESS)
