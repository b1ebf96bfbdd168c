"""Bringing personas in and out in admin."""

import io
import zipfile
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.errors import InvalidInput, ValisError
from personas import limits
from personas.cards.services import export_persona, import_persona, prepare_import, report_of
from personas.cards.writing import as_payload
from personas.models import Persona

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

_LABELS = {
    "json": "JSON",
    "yaml": "YAML",
    "card-v2": "Character card V2",
    "card-v3": "Character card V3",
    "png": "Character card as PNG",
}


class FileForm(forms.Form):
    """A file, or what was read from it before."""

    file = forms.FileField(
        required=False,
        help_text="A character card (PNG or JSON, V1 to V3) or a persona of VALIS (JSON, YAML). Up to 5 MB.",
        widget=UnfoldAdminFileFieldWidget({"accept": ".png,.json,.yaml,.yml"}),
    )
    payload = forms.CharField(required=False, widget=forms.HiddenInput)

    def content(self) -> bytes:
        if file := self.cleaned_data["file"]:
            return bytes(file.read(limits.CARD_BYTES + 1))
        if payload := str(self.cleaned_data["payload"]):
            return payload.encode()
        raise InvalidInput("Choose a file first.", code="card_unreadable")


class ComesAndGoes(Base):
    """The import page, the report of what came in, and exports."""

    actions_list = ("import_file",)

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.import_page)
        return [path("import/", page, name="personas_persona_import"), *super().get_urls()]

    @action(description="Import", permissions=["change"], icon="upload_file")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:personas_persona_import"))

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """First the report, then, if it is wanted, the persona."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        context: dict[str, Any] = {}
        status = 200
        if request.method == "POST" and form.is_valid():
            try:
                if "save" in request.POST:
                    return self._saved(request, form.content())
                prepared = prepare_import(form.content())
                form = FileForm(initial={"payload": as_payload(prepared.incoming)})
                context = {"persona": prepared.persona, "report": prepared.report}
            except ValisError as error:
                form.add_error("file", error.message)
                status = 400
        context |= {**self.admin_site.each_context(request), "opts": self.model._meta, "form": form}
        return render(
            request, "personas/admin/import.html", context | {"title": "Import a persona"}, status=status
        )

    def _saved(self, request: HttpRequest, content: bytes) -> HttpResponse:
        persona = import_persona(content, by=request.user).persona
        self.message_user(
            request, f"{persona.name} is here. Read the report, then make it active.", messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:personas_persona_change", args=[persona.pk]))

    @admin.display(description="what came in")
    def import_report(self, persona: Persona) -> str:
        report = report_of(persona) if persona.pk else {}
        return render_to_string("personas/admin/report.html", {"report": report})

    @admin.display(description="as a file")
    def files(self, persona: Persona) -> str:
        address = reverse("api-1:export-persona", args=[persona.slug]) if persona.pk else ""
        links = [(f"{address}?form={form}", label) for form, label in _LABELS.items()]
        return render_to_string("personas/admin/files.html", {"links": links if address else []})

    @admin.action(description="Export as files (ZIP)", permissions=["view"])
    def export_chosen(self, request: HttpRequest, chosen: QuerySet[Persona]) -> HttpResponse:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
            for slug in chosen.values_list("slug", flat=True):
                for form in ("json", "png"):
                    file = export_persona(slug, form=form, by=request.user)
                    pack.writestr(file.name if form == "json" else f"cards/{file.name}", file.content)
        headers = {"Content-Disposition": 'attachment; filename="personas.zip"'}
        return HttpResponse(content.getvalue(), content_type="application/zip", headers=headers)
