"""The form staff edit a persona with."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminTextareaWidget,
)

from core.errors import ValisError
from core.money import dollars
from personas import limits
from personas.configuring import FIELDS
from personas.fields import CascadeField, LinesField, TraitsField
from personas.models import Persona
from personas.pictures import make_avatar
from personas.widgets import GeneralOrOwn, Providers, TraitSliders
from providers.engine_settings import current_limits
from providers.models import Provider

UPLOAD = "picture_upload"


class StoredPicture:
    """What the upload widget needs to show the picture there is, and to offer removing it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return "current picture"


class PictureField(forms.FileField):
    """Cleans to a WebP of ours, to False for “remove”, or to what was there."""

    widget = UnfoldAdminImageFieldWidget

    def clean(self, data: Any, initial: Any = None) -> Any:
        cleaned = super().clean(data, initial)
        if not isinstance(cleaned, UploadedFile):
            return cleaned
        try:
            return make_avatar(cleaned)
        except ValisError as error:
            raise forms.ValidationError(error.message, code=error.code) from error


def _providers() -> list[tuple[str, str]]:
    return list(Provider.objects.values_list("name", "model"))


if TYPE_CHECKING:
    PersonaModelForm = forms.ModelForm[Persona]
else:
    PersonaModelForm = forms.ModelForm


class PersonaForm(PersonaModelForm):
    common_phrases = LinesField()
    topics = LinesField()
    quirks = LinesField()
    tags = LinesField(widget=UnfoldAdminTextareaWidget({"rows": 3}))
    traits = TraitsField(
        widget=TraitSliders(), help_text="Those that are ticked are in the prompt, in words, from 0 to 100."
    )
    cascade = CascadeField(
        widget=Providers(_providers),
        help_text="Providers in the order this persona wants, each with a model where that matters. "
        "None: the general order.",
    )
    picture_upload = PictureField(
        required=False,
        label="Picture",
        help_text="PNG, JPEG, WebP or GIF, up to 5 MB; its middle square is kept. "
        "Without one, initials on the colour above.",
        widget=UnfoldAdminImageFieldWidget({"accept": "image/*"}),
    )

    class Meta:
        model = Persona
        fields = ("slug", *FIELDS)
        help_texts: ClassVar = {
            "temperature": "0.0 is steady, 1.0 is free. Some models take none.",
            "max_tokens": "The longest reply, in tokens.",
            "daily_token_cap": "Tokens a day, in all its chats. 0: nothing.",  # nosec B105
            "daily_cost_cap_usd": "US dollars a day, in all its chats. 0: nothing.",
        }
        widgets: ClassVar = {
            **{name: UnfoldAdminTextareaWidget({"rows": 2}) for name in ("description", "tone", "greeting")},
            "temperature": GeneralOrOwn(
                lambda: "The provider's own", kind="range", min=0, max=1, step=0.1, start=0.7
            ),
            "max_tokens": GeneralOrOwn(
                lambda: f"Default (global): {current_limits().max_output:,}", min=1, max=limits.MAX_TOKENS
            ),
            "daily_token_cap": GeneralOrOwn(
                lambda: f"Default (global): {current_limits().daily_token_cap:,}", min=0, max=limits.TOKEN_CAP
            ),
            "daily_cost_cap_usd": GeneralOrOwn(
                lambda: f"Default (global): {dollars(current_limits().daily_cost_cap_usd)}",
                min=0,
                max=limits.COST_CAP_USD,
                step="any",
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("common_phrases", "topics", "quirks", "tags"):
            if name in self.fields:
                self.fields[name].help_text = getattr(Persona, name).field.help_text
        if self.instance.pk and self.instance.avatar_url:
            self.initial[UPLOAD] = StoredPicture(self.instance.avatar_url)

    def save(self, commit: bool = True) -> Persona:
        picture = self.cleaned_data.get(UPLOAD)
        if isinstance(picture, bytes):
            self.instance.set_picture(picture)
        elif picture is False:
            self.instance.set_picture(b"")
        return super().save(commit)
