"""The values of a persona that somebody has not saved yet."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from personas.models import Persona


def draft_of(request: HttpRequest, persona: Persona) -> Any:
    """The persona's form in admin, filled with what was sent; by the same rules, and never saved."""
    form_class = admin.site.get_model_admin(Persona).get_form(request, persona, change=True)
    return form_class(request.POST, request.FILES, instance=persona)


def problems_of(form: Any) -> list[tuple[str, list[str]]]:
    """What is wrong with a draft, by the label of the field."""
    labels = {name: str(field.label or name) for name, field in form.fields.items()}
    return [(labels.get(name, "The form"), list(errors)) for name, errors in form.errors.items()]
