"""A persona's configuration as a whole or in part: what the form in admin changes, for programs."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.audit.recording import record
from accounts.models import User
from core.errors import InvalidInput, NotFound
from core.events import emit
from core.queries import row_or_none
from core.text import is_storable
from personas.models import Persona

FIELDS = (
    "name",
    "role",
    "nickname",
    "position",
    "tags",
    "colour",
    "description",
    "tone",
    "background",
    "scenario",
    "common_phrases",
    "topics",
    "quirks",
    "system_prompt",
    "greeting",
    "example_dialogue",
    "reminder",
    "is_quoted",
    "traits",
    "communication_style",
    "engagement",
    "temperature",
    "max_tokens",
    "daily_token_cap",
    "daily_cost_cap_usd",
    "cascade",
    "has_memory",
    "is_active",
)


def configuration_of(slug: str) -> dict[str, Any]:
    """Also of one that is not active. Raises `NotFound`."""
    return _form(_persona(slug))


@transaction.atomic
def configure(slug: str, values: Mapping[str, Any], *, by: User) -> dict[str, Any]:
    """Change what is given, by the rules of admin, for the next reply. Raises `NotFound`, `InvalidInput`."""
    persona = _persona(slug, is_locked=True)
    changed = [name for name in FIELDS if name in values and values[name] != getattr(persona, name)]
    for name in changed:
        setattr(persona, name, values[name])
    if not changed:
        return _form(persona)
    _check(persona)
    persona._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
    persona._change_reason = "Changed over the API."  # type: ignore[attr-defined]  # noqa: SLF001
    persona.save()
    record("persona.changed", actor=by, target=persona, name=persona.name, fields=changed)
    transaction.on_commit(lambda: emit("persona_changed", name=persona.name))
    return _form(persona)


def _persona(slug: str, *, is_locked: bool = False) -> Persona:
    rows = Persona.objects.select_for_update() if is_locked else Persona.objects.all()
    persona = row_or_none(rows.filter(slug=slug)) if is_storable(slug) else None
    if persona is None:
        raise NotFound("There is no such persona.", code="persona_not_found", persona=slug)
    return persona


def _check(persona: Persona) -> None:
    told = json.dumps(_form(persona), ensure_ascii=False)
    if not is_storable(told) or "\\u0000" in told:
        raise InvalidInput("There are characters in it that cannot be stored.", code="persona_invalid")
    try:
        persona.full_clean()
    except ValidationError as error:
        problems = {name: " ".join(messages) for name, messages in error.message_dict.items()}
        told = " ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise InvalidInput(
            f"Nothing was changed. {told}", code="persona_invalid", problems=problems
        ) from None


def _form(persona: Persona) -> dict[str, Any]:
    return {"id": persona.slug} | {name: getattr(persona, name) for name in FIELDS}
