"""What a golden dialogue began with, as lines of a text box."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from personas import limits

_ROLES = {"Person:": "user", "Reply:": "assistant"}
_LABELS = {role: label for label, role in _ROLES.items()}
_TOO_LONG = limits.GOLDEN_TOLD * (limits.GOLDEN_TEXT + 20)


class ToldField(forms.CharField):
    """“Person: …” and “Reply: …”, each on a line of its own; other lines belong to what stands above them."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label="Said before",
            max_length=_TOO_LONG,
            widget=UnfoldAdminTextareaWidget({"rows": 4}),
            help_text="If it goes on from something: “Person: …” and “Reply: …” in turns, the reply last.",
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{_LABELS[each['role']]} {each['text']}" for each in value)

    def clean(self, value: Any) -> Any:
        told: list[dict[str, str]] = []
        for line in super().clean(value).splitlines():
            label = next((each for each in _ROLES if line.strip().startswith(each)), None)
            if label:
                told.append({"role": _ROLES[label], "text": line.strip().removeprefix(label).strip()})
            elif told:
                told[-1]["text"] = f"{told[-1]['text']}\n{line}".strip()
            elif line.strip():
                raise ValidationError("Begin each line of the dialogue with “Person:” or “Reply:”.")
        return told

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or []))
        except ValidationError:
            return True
