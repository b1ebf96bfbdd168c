"""The personas VALIS comes with, read from `personas/shipped/*.yaml` and checked."""

from functools import partial
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from core.errors import NotFound, ValisError
from core.yaml_files import read_yaml
from personas.models import Persona

SHIPPED = Path(__file__).parent / "shipped"
REQUIRED = ("slug", "name", "role", "tone", "greeting", "common_phrases")
TEXTS = (
    "slug",
    "name",
    "role",
    "colour",
    "description",
    "tone",
    "background",
    "system_prompt",
    "greeting",
    "example_dialogue",
    "nickname",
    "scenario",
    "reminder",
    "communication_style",
    "engagement",
)
KEYS = (
    *TEXTS,
    "position",
    "common_phrases",
    "topics",
    "quirks",
    "tags",
    "traits",
    "temperature",
    "max_tokens",
    "daily_token_cap",
    "daily_cost_cap_usd",
    "cascade",
)


class PersonaFileError(ValisError):
    """A shipped file that cannot be used; the message names the file and the key."""

    default_code = "persona_file_broken"

    def __init__(self, path: Path, problem: str, *, key: str = "") -> None:
        where = f"{path.name}, {key}" if key else path.name
        super().__init__(f"{where}: {problem}", file=path.name, key=key)


def read_shipped(folder: Path = SHIPPED) -> list[dict[str, Any]]:
    """The values of every shipped persona, in the order they are listed."""
    values = [read_file(path) for path in sorted(folder.glob("*.yaml"))]
    return sorted(values, key=lambda each: (each.get("position", 100), each["slug"]))


def shipped_defaults(slug: str, folder: Path = SHIPPED) -> dict[str, Any]:
    """The values one persona was shipped with; `NotFound` if none of that name was."""
    path = folder / f"{slug}.yaml"
    if path not in folder.glob("*.yaml"):
        raise NotFound(
            f"No persona named {slug!r} came with VALIS.", code="persona_not_shipped", persona=slug
        )
    return read_file(path)


def read_file(path: Path) -> dict[str, Any]:
    broken = partial(PersonaFileError, path)
    try:
        values = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise broken(f"it cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise broken("it must be a mapping of keys to values.")
    for key in values:
        if key not in KEYS:
            raise broken(f"there is no such key; possible are {', '.join(KEYS)}.", key=str(key))
    for key in REQUIRED:
        if not values.get(key):
            raise broken("it is missing or empty.", key=key)
    if values["slug"] != path.stem:
        raise broken(f"it must be the file's own name, {path.stem!r}.", key="slug")
    _check_values(path, values)
    return values


def _check_values(path: Path, values: dict[str, Any]) -> None:
    """By the same rules as the form and the API: those of the model."""
    for key in TEXTS:
        if not isinstance(values.get(key, ""), str):
            raise PersonaFileError(path, f"it must be a text, not {values[key]!r}.", key=key)
    try:
        Persona(**values).full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        key, messages = next(iter(error.message_dict.items()))
        key = "" if key == NON_FIELD_ERRORS else key
        raise PersonaFileError(path, " ".join(messages), key=key) from error
