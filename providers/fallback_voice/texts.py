"""The texts of the simple voice. They ship with the code and are read once, at import."""

from pathlib import Path
from typing import Any

from core.yaml_files import read_yaml

_FOLDER = Path(__file__).parent / "lines"


def read_texts(name: str) -> dict[str, Any]:
    """Sections with their lines, as `lines/<name>.yaml` has them."""
    sections: dict[str, Any] = read_yaml(_FOLDER / f"{name}.yaml")
    return sections
