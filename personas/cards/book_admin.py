"""The lorebook of a persona in admin: seen, changed entry by entry, and taken back."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from unfold.decorators import action

from core.errors import ValisError
from personas.cards.editing import digest_of, entries_of, remove_entry, restore_book, save_entry
from personas.cards.entry_form import EntryForm, shown
from personas.models import Card, Persona

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

_VERSIONS = 20
_LIST, _ENTRY, _NEW = (f"personas_persona_{name}" for name in ("lorebook", "entry", "new_entry"))


class HasBook(Base):
    """Comes before `ModelAdmin` among the bases."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/lorebook/", view(self.lorebook), name=_LIST),
            path("<int:pk>/lorebook/new/", view(self.entry), name=_NEW),
            path("<int:pk>/lorebook/<int:number>/", view(self.entry), name=_ENTRY),
            *super().get_urls(),
        ]

    @action(description="Lorebook", permissions=["view"], icon="menu_book")
    def open_lorebook(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not object_id.isdecimal():
            raise Http404
        return HttpResponseRedirect(reverse(f"admin:{_LIST}", args=[object_id]))

    def lorebook(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All entries, and the versions there were. A sent form takes one of these back."""
        persona = self._persona(request, pk)
        if request.method == "POST":
            self._must_change(request, persona)
            version = request.POST.get("version", "")
            number = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
            return self._done(
                request, persona, lambda: restore_book(persona, version=number, by=request.user)
            )
        versions = Card.history.filter(persona_id=pk).select_related("history_user")[:_VERSIONS]
        context = {"entries": entries_of(persona), "versions": versions}
        return self._page(request, persona, "lorebook", context)

    def entry(self, request: HttpRequest, pk: int, number: int | None = None) -> HttpResponse:
        """One of them, counted from 1, or a new one."""
        persona = self._persona(request, pk)
        entries = entries_of(persona)
        if number is not None and not 0 < number <= len(entries):
            raise Http404
        at = None if number is None else number - 1
        if request.method == "POST":
            self._must_change(request, persona)
            seen = request.POST.get("seen", "")
            if "remove" in request.POST and at is not None:
                place = at
                return self._done(
                    request, persona, lambda: remove_entry(persona, at=place, seen=seen, by=request.user)
                )
            form = EntryForm(request.POST)
            if form.is_valid():
                values = form.values()
                return self._done(
                    request,
                    persona,
                    lambda: save_entry(persona, at=at, values=values, seen=seen, by=request.user),
                )
        else:
            known = {} if at is None else shown(entries[at])
            form = EntryForm(initial=known | {"seen": digest_of(entries)})
        return self._page(request, persona, "entry", {"form": form, "number": number})

    def _done(self, request: HttpRequest, persona: Persona, change: Any) -> HttpResponse:
        try:
            change()
            self.message_user(request, "Saved. The next reply uses it.", messages.SUCCESS)
        except ValisError as error:
            self.message_user(request, error.message, messages.ERROR)
        return HttpResponseRedirect(reverse(f"admin:{_LIST}", args=[persona.pk]))

    def _page(
        self, request: HttpRequest, persona: Persona, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        whole = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"Lorebook of {persona.name}",
            "persona": persona,
            "may_change": self.has_change_permission(request, persona),
            **context,
        }
        form = context.get("form")
        status = 400 if form is not None and form.errors else 200
        return render(request, f"personas/admin/{template}.html", whole, status=status)

    def _persona(self, request: HttpRequest, pk: int) -> Persona:
        persona = Persona.objects.filter(pk=pk).first()
        if persona is None:
            raise Http404
        if not self.has_view_permission(request, persona):
            raise PermissionDenied
        return persona

    def _must_change(self, request: HttpRequest, persona: Persona) -> None:
        if not self.has_change_permission(request, persona):
            raise PermissionDenied
