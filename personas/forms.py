"""The form staff edit a persona with."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminImageFieldWidget,
    UnfoldAdminTextareaWidget,
)

from core.errors import ValisError
from personas.fields import CascadeField, LinesField, TraitsField
from personas.models import Persona
from personas.pictures import make_avatar

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


if TYPE_CHECKING:
    PersonaModelForm = forms.ModelForm[Persona]
else:
    PersonaModelForm = forms.ModelForm


class PersonaForm(PersonaModelForm):
    common_phrases = LinesField()
    topics = LinesField()
    quirks = LinesField()
    traits = TraitsField()
    cascade = CascadeField()
    picture_upload = PictureField(
        required=False,
        label="Picture",
        help_text="PNG, JPEG, WebP or GIF, up to 5 MB; its middle square is kept. "
        "Without one, initials on the colour above.",
        widget=UnfoldAdminImageFieldWidget({"accept": "image/*"}),
    )

    class Meta:
        model = Persona
        fields = (
            "slug",
            "name",
            "role",
            "position",
            "colour",
            "description",
            "tone",
            "background",
            "common_phrases",
            "topics",
            "quirks",
            "system_prompt",
            "greeting",
            "example_dialogue",
            "traits",
            "communication_style",
            "temperature",
            "max_tokens",
            "daily_token_cap",
            "daily_cost_cap_usd",
            "cascade",
            "is_active",
        )
        widgets: ClassVar = {
            **{name: UnfoldAdminTextareaWidget({"rows": 2}) for name in ("description", "tone", "greeting")},
            "temperature": UnfoldAdminDecimalFieldWidget({"min": 0, "max": 1, "step": 0.1}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("common_phrases", "topics", "quirks", "traits", "cascade"):
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
