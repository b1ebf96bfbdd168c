"""Reading the YAML that comes with VALIS."""

from pathlib import Path
from typing import Any

import yaml

# libyaml reads ten times faster, and every start waits for it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Raises `yaml.YAMLError` or `UnicodeDecodeError`."""
    # The loader is a safe one, whichever it is.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # nosec B506
