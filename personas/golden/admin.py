"""Staff write golden dialogues here, for the personas of their own as for those that came with VALIS."""

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.audit.admin import Audited
from accounts.guarded_admin import Guarded
from accounts.rights import Right
from personas.fields import LinesField
from personas.golden.dialogues import dialogue_of
from personas.golden.fields import ToldField
from personas.golden.models import GoldenDialogueRow
from personas.golden.wording import measured_in_words

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    RowForm = forms.ModelForm[GoldenDialogueRow]
else:
    Base = object
    RowForm = forms.ModelForm

_OF_PERSONA = "persona__id__exact"


class HasGoldenDialogues(Base):
    """The way to them from a persona's page. Comes before `ModelAdmin` among the bases."""

    @action(description="Golden dialogues", permissions=["view"], icon="star")
    def open_golden_dialogues(self, request: HttpRequest, object_id: int) -> HttpResponse:
        rows = reverse("admin:personas_goldendialoguerow_changelist")
        return HttpResponseRedirect(f"{rows}?{_OF_PERSONA}={object_id}")


class GoldenDialogueForm(RowForm):
    told = ToldField()
    markers = LinesField()
    avoids = LinesField(widget=UnfoldAdminTextareaWidget({"rows": 4}))

    class Meta:
        model = GoldenDialogueRow
        fields = ("persona", "name", "position", "told", "question", "reply", "markers", "avoids", "declines")
        widgets: ClassVar = {
            "question": UnfoldAdminTextareaWidget({"rows": 3}),
            "reply": UnfoldAdminTextareaWidget({"rows": 8}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("markers", "avoids"):
            if name in self.fields:
                self.fields[name].help_text = getattr(GoldenDialogueRow, name).field.help_text


@admin.register(GoldenDialogueRow)
class GoldenDialogueAdmin(Audited, Guarded, ModelAdmin):
    view_right = Right.READ_PROMPTS
    change_right = Right.EDIT_PERSONAS
    form = GoldenDialogueForm
    list_display = ("name", "persona", "asks", "shows", "position")
    list_editable = ("position",)
    list_filter = ("persona", "declines")
    list_select_related = ("persona",)
    search_fields = ("name", "question", "reply")
    fields = (
        ("persona", "name"),
        "position",
        "told",
        *("question", "reply", "declines"),
        ("markers", "avoids"),
        "as_measured",
    )
    readonly_fields = ("as_measured",)
    warn_unsaved_form = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "persona") if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The persona whose list one comes from."""
        initial = super().get_changeform_initial_data(request)
        came_from = parse_qs(request.GET.get("_changelist_filters", "")).get(_OF_PERSONA, [""])
        return {"persona": came_from[0]} | initial

    @admin.display(description="question", ordering="question")
    def asks(self, row: GoldenDialogueRow) -> str:
        return Truncator(row.question).chars(60)

    @admin.display(description="reply", ordering="declines")
    def shows(self, row: GoldenDialogueRow) -> str:
        return "declines" if row.declines else "answers"

    @admin.display(description="the reply as it is measured")
    def as_measured(self, row: GoldenDialogueRow) -> str:
        # The one in the form may hold values that were just refused.
        saved = GoldenDialogueRow.objects.select_related("persona").filter(pk=row.pk).first()
        if saved is None:
            return "Save the dialogue to see which phrases and markers are found in its reply."
        return measured_in_words(dialogue_of(saved), phrases=saved.persona.common_phrases)

    def audit_name(self, row: Any) -> str:
        return f"“{row.name}” of {row.persona.slug}"
