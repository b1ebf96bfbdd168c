"""The form for making an API key."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from accounts.rights import SCOPES, Right, Scope

LIFETIMES = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}
_WORDS: dict[Scope, str] = {
    Scope.CHAT: "Talk with personas, and read your chats",
    Scope.READ: "Only read your chats",
    Scope.DIAGNOSTICS: "See how VALIS is doing and how it is set up",
    Scope.ADMIN: "See prompts and the audit log, and change what you may change",
}


class KeyForm(forms.Form):
    name = forms.CharField(label="What is it for?", max_length=80)
    scopes = forms.MultipleChoiceField(label="What may it do?", widget=forms.CheckboxSelectMultiple)
    lifetime = forms.ChoiceField(
        label="How long is it to work?", choices=list(LIFETIMES.items()), required=False, initial="90"
    )

    def __init__(self, owner: User, data: Any = None) -> None:
        super().__init__(data, initial={"scopes": [Scope.CHAT]}, label_suffix="")
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope.value, words) for scope, words in _WORDS.items() if _gives_something(scope, owner)
        ]

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None


def _gives_something(scope: Scope, owner: User) -> bool:
    """Not offered is what would let the key do nothing."""
    rights: frozenset[Right] = SCOPES[scope]
    return any(owner.may(right) for right in rights)
