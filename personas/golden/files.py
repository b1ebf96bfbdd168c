"""The golden dialogues VALIS comes with, read from `personas/golden/shipped/*.yaml` and checked."""

from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError

from core.yaml_files import read_yaml
from personas.golden.checking import checked_dialogues
from personas.shipped_files import PersonaFileError

GOLDEN = Path(__file__).parent / "shipped"


def shipped_dialogues(slug: str, folder: Path = GOLDEN) -> list[dict[str, Any]]:
    """Values of rows; none for a persona that came without. Raises `PersonaFileError`."""
    path = folder / f"{slug}.yaml"
    if path not in folder.glob("*.yaml"):
        return []
    try:
        values = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PersonaFileError(path, f"it cannot be read: {error}") from error
    try:
        return checked_dialogues(values)
    except ValidationError as error:
        raise PersonaFileError(path, " ".join(error.messages)) from error
