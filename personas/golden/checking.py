"""Whether golden dialogues from a file can be kept: by the rules of the form in admin."""

from typing import Any

from django.core.exceptions import ValidationError

from personas import limits
from personas.golden.models import GoldenDialogueRow

KEYS = ("name", "question", "reply", "told", "markers", "avoids", "declines")
_KINDS = {"name": str, "question": str, "reply": str, "declines": bool}


def checked_dialogues(values: Any) -> list[dict[str, Any]]:
    """The same dialogues, when all can be kept. Raises `ValidationError` with dialogue and key."""
    if not isinstance(values, list):
        raise ValidationError("Golden dialogues are a list.")
    if len(values) > limits.GOLDEN_DIALOGUES:
        raise ValidationError(f"{len(values)} dialogues; at most {limits.GOLDEN_DIALOGUES} are possible.")
    for number, each in enumerate(values, start=1):
        _check(f"Dialogue {number}", each)
    names = [each["name"] for each in values]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ValidationError(f"“{repeated}” is the name of more than one dialogue.")
    return values


def _check(where: str, dialogue: Any) -> None:
    if not isinstance(dialogue, dict):
        raise ValidationError(f"{where} must be names with values.")
    for key, value in dialogue.items():
        if key not in KEYS:
            raise ValidationError(f"{where}: there is no key {key!r}; possible are {', '.join(KEYS)}.")
        if not isinstance(value, _KINDS.get(key, list)):
            raise ValidationError(f"{where}, {key}: it has the wrong kind of value.")
    try:
        GoldenDialogueRow(**dialogue).full_clean(exclude=["persona"], validate_unique=False)
    except ValidationError as error:
        key, messages = next(iter(error.message_dict.items()))
        raise ValidationError(f"{where}, {key}: {' '.join(messages)}") from error
