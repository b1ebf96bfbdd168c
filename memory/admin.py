"""What personas know, for staff: what holds for everybody; about people only for who may read their chats."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.audit.admin import Audited
from accounts.audit.recording import record
from accounts.guarded_admin import Guarded
from accounts.requests import user_of
from accounts.rights import Right
from core.errors import InvalidInput
from memory.checking import checked_values
from memory.models import WARM_KINDS, Kind, Memory, Origin
from memory.services import forget, remember, update
from memory.staff import name_of, seen_by

if TYPE_CHECKING:
    MemoryModelForm = forms.ModelForm[Memory]
else:
    MemoryModelForm = forms.ModelForm
_CHANGEABLE = ("kind", "text", "importance", "confidence")


class MemoryForm(MemoryModelForm):
    class Meta:
        model = Memory
        fields = ("persona", *_CHANGEABLE)
        widgets = {"text": UnfoldAdminTextareaWidget({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields and not self.instance.is_cold:
            self.fields["kind"].choices = [(each.value, each.label) for each in WARM_KINDS]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        given = {name: values.get(name, getattr(self.instance, name)) for name in _CHANGEABLE}
        if not self.errors:
            try:
                checked_values(**given)
            except InvalidInput as error:
                self.add_error("text", error.message)
        return values


@admin.register(Memory)
class MemoryAdmin(Audited, Guarded, ModelAdmin):
    view_right = Right.READ_PROMPTS
    change_right = Right.EDIT_PERSONAS
    form = MemoryForm
    list_display = ("text", "persona", "about", "kind", "importance", "created_at")
    list_filter = ("kind", "persona")
    list_select_related = ("persona", "person")
    search_fields = ("text",)
    show_full_result_count = False
    readonly_fields = ("about", "origin", "came_from", "version", "created_at", "last_used_on")
    fields = ("persona", *_CHANGEABLE, *readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Memory]:
        """What is known about people is for those alone who may read what they say."""
        return super().get_queryset(request).filter(pk__in=seen_by(user_of(request, Right.READ)).values("pk"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("persona", *_CHANGEABLE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return (*self.readonly_fields, "persona", *(("kind",) if obj.is_cold else ()))

    @admin.display(description="about", empty_value="everybody")
    def about(self, memory: Memory) -> str | None:
        return memory.person.username if memory.person else None

    @admin.display(description="messages it came from", empty_value="none")
    def came_from(self, memory: Memory) -> str | None:
        return ", ".join(map(str, memory.sources.all())) or None

    def audit_name(self, row: Any) -> str:
        return name_of(row)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if _may_read_others(request):
            record("memories.listed", actor=request.user)
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        memory = self.get_object(request, object_id)
        if memory and memory.person:
            name = self.audit_name(memory)
            record("memory.read", actor=request.user, target=memory, name=name)
        return super().change_view(request, object_id, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Memory, form: Any, change: bool) -> None:
        values = {name: getattr(obj, name) for name in _CHANGEABLE}
        if change:
            update(Memory.objects.get(pk=obj.pk), **values, origin=Origin.STAFF)
        else:
            values["kind"] = Kind(values["kind"])
            obj.pk = remember(persona_id=obj.persona_id, person_id=None, origin=Origin.STAFF, **values).pk

    def delete_model(self, request: HttpRequest, obj: Memory) -> None:
        forget(Memory.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Memory]) -> None:
        forget(Memory.objects.filter(pk__in=queryset.values("pk")))


def _may_read_others(request: HttpRequest) -> bool:
    return user_of(request, Right.READ).may(Right.READ_OTHERS_CHATS)
