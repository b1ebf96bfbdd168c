"""The form of one entry of a lorebook: the rules are those of import, said in words."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from personas import limits
from personas.cards.patterns import NotUnderstood, words_of
from personas.fields import LinesField
from personas.validators import ListOfLines, validate_line, validate_text

_MOST = 1_000_000
_KEYS = ListOfLines(items=limits.BOOK_KEYS, length=limits.BOOK_KEY)


def _keys(help_text: str) -> LinesField:
    return LinesField(help_text=help_text, widget=UnfoldAdminTextareaWidget({"rows": 3}))


def _switch(label: str, help_text: str, **options: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, help_text=help_text, required=False, widget=UnfoldBooleanWidget, **options
    )


def _number(help_text: str, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        help_text=help_text,
        min_value=-_MOST,
        max_value=_MOST,
        widget=UnfoldAdminIntegerFieldWidget,
        **options,
    )


class EntryForm(forms.Form):
    name = forms.CharField(
        required=False, max_length=200, validators=[validate_line], widget=UnfoldAdminTextInputWidget
    )
    content = forms.CharField(
        max_length=limits.BOOK_CONTENT,
        validators=[validate_text],
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text="What goes into the prompt.",
    )
    keys = _keys("It is used when one of these was said lately. One per line.")
    secondary_keys = _keys("With “second key”, one of these has to have been said as well. One per line.")
    insertion_order = _number("Small numbers come first in the prompt.", initial=100)
    priority = _number("Where not all fit, the lowest are left out. Empty: as the order.", required=False)
    position = forms.ChoiceField(
        choices=[("after_char", "after the others"), ("before_char", "before the others")],
        widget=UnfoldAdminSelectWidget,
    )
    enabled = _switch("Enabled", "Otherwise it is kept and not used.", initial=True)
    constant = _switch("Constant", "It is always used, whatever was said.")
    selective = _switch("Second key", "A second key is needed.")
    case_sensitive = _switch("Case counts", "“Lamp” is not “lamp”.")
    use_regex = _switch("Patterns", "The keys are patterns of a few words, such as \\b(lamp|lens)s?\\b.")
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def clean_keys(self) -> list[str]:
        return _checked(self.cleaned_data["keys"])

    def clean_secondary_keys(self) -> list[str]:
        return _checked(self.cleaned_data["secondary_keys"])

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        keys = data.get("keys")
        if keys is None:
            return data
        if data.get("use_regex"):
            self._check_patterns(keys)
        if data.get("enabled") and not keys and (data.get("use_regex") or not data.get("constant")):
            self.add_error("keys", "Without a key it would never be used, unless it is constant.")
        if data.get("selective") and not data.get("secondary_keys"):
            self.add_error("secondary_keys", "Give a second key, or take the tick away.")
        return data

    def _check_patterns(self, keys: list[str]) -> None:
        for key in keys:
            try:
                words_of(key)
            except NotUnderstood:
                self.add_error("keys", f"“{key}” stands for more than a few words; no such pattern is run.")

    def values(self) -> dict[str, Any]:
        """The entry, as a card has it."""
        names = [name for name in self.fields if name != "seen"]
        values = {name: self.cleaned_data[name] for name in names}
        if values["priority"] is None:
            values["priority"] = values["insertion_order"]
        return values


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the form begins with; what has another shape than it should is left empty."""
    kinds: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(("name", "content"), str),
        **dict.fromkeys(("keys", "secondary_keys"), list),
        **dict.fromkeys(("insertion_order", "priority"), (int, float)),
        **dict.fromkeys(("constant", "selective", "case_sensitive", "use_regex"), bool),
    }
    values = {name: entry[name] for name, kind in kinds.items() if isinstance(entry.get(name), kind)}
    for name in ("insertion_order", "priority"):
        if name in values:
            values[name] = round(values[name])
    is_before = entry.get("position") == "before_char"
    return values | {
        "enabled": entry.get("enabled") is not False,
        "position": "before_char" if is_before else "after_char",
    }


def _checked(keys: list[str]) -> list[str]:
    try:
        _KEYS(keys)
    except ValidationError as error:
        raise ValidationError(error.messages) from error
    return keys
