"""Form fields for what staff edit as lines of a text box."""

from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from personas import limits

_TOO_LONG = limits.LIST_ITEM * limits.LIST_ITEMS * 2


class LinesField(forms.CharField):
    """A list of texts, one per line; empty lines are left out."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget({"rows": 8}))
        super().__init__(required=False, max_length=_TOO_LONG, strip=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.read_lines([line for raw in text.splitlines() if (line := raw.strip())])

    def read_lines(self, lines: list[str]) -> Any:
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


class TraitsField(LinesField):
    """Traits as “name: number” lines."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name}: {level}" for name, level in sorted(value.items()))

    def read_lines(self, lines: list[str]) -> Any:
        traits: dict[str, int] = {}
        for line in lines:
            name, colon, level = (part.strip() for part in line.partition(":"))
            if not colon or not level.isascii() or not level.isdigit():
                raise ValidationError(f"“{line}” must look like “creativity: 70”.")
            if name in traits:
                raise ValidationError(f"{name} is there twice.")
            traits[name] = int(level[:9])
        return traits


class CascadeField(LinesField):
    """A provider per line, with a model behind it if that matters; the provider must exist."""

    def read_lines(self, lines: list[str]) -> Any:
        entries = [" ".join(line.split()) for line in lines]
        known = set(_provider_names())
        for entry in entries:
            if (name := entry.split()[0]) not in known:
                names = ", ".join(sorted(known)) or "none yet"
                raise ValidationError(f"There is no provider “{name}”. Known: {names}.")
        return entries


def _provider_names() -> list[str]:
    return list(apps.get_model("providers", "Provider").objects.values_list("name", flat=True))
