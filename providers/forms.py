"""The form of a provider. Its key goes in and never comes out."""

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from providers.base import provider_classes
from providers.keys import can_be_sent
from providers.lineup import key_goes_to
from providers.models import Provider

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Provider]
else:
    ModelForm = forms.ModelForm


def _kinds() -> list[tuple[str, str]]:
    """Kinds that a row can have; the fallback voice needs none, it is always last."""
    return [(kind, each.label) for kind, each in sorted(provider_classes().items()) if kind != "fallback"]


def _warnings() -> str:
    return " ".join(f"{each.label}: {each.warning}" for each in provider_classes().values() if each.warning)


class ProviderForm(ModelForm):
    kind = forms.ChoiceField(choices=_kinds, widget=UnfoldAdminSelectWidget)
    new_api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=500,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_api_key = forms.BooleanField(
        label="Remove the stored key", required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Provider
        exclude = ("api_key",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].help_text = _warnings()
        hint = self.instance.key_hint
        self.fields["new_api_key"].help_text = (
            f"A key ending in {hint} is stored, encrypted. Leave this empty to keep it."
            if hint
            else "No key is stored. It is encrypted, and never shown again."
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        new_key = (data.get("new_api_key") or "").strip()
        if not can_be_sent(new_key):
            self.add_error("new_api_key", "A key has no spaces and no special letters; was it copied whole?")
        is_kept = self.instance.api_key and not new_key and not data.get("remove_api_key")
        if is_kept and self._goes_elsewhere(data):
            # Otherwise whoever may edit the address could have the key sent to a server of their own.
            self.add_error("new_api_key", "The address changed: enter the key again, or remove it.")
        return data

    def _goes_elsewhere(self, data: dict[str, Any]) -> bool:
        names = ("kind", "base_url", "uses_environment")
        changed = Provider(**{name: data.get(name, getattr(self.instance, name)) for name in names})
        return key_goes_to(changed) != key_goes_to(self.instance)

    def save(self, commit: bool = True) -> Provider:
        if self.cleaned_data.get("remove_api_key"):
            self.instance.api_key = ""
        if new_key := self.cleaned_data.get("new_api_key", "").strip():
            self.instance.api_key = new_key
        saved: Provider = super().save(commit)
        return saved
