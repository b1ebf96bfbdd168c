"""The texts of the simple voice. They ship with the code and are read once, at import."""

from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "lines"
# libyaml reads them ten times faster, and every start waits for it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_texts(name: str) -> dict[str, Any]:
    """Sections with their lines, as `lines/<name>.yaml` has them."""
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    # Its loader is a safe one, whichever it is.
    sections: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506  # nosec B506
    return sections
