"""Secrets of the environment, which may also lie in files: `NAME_FILE` names the file of `NAME`."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret_of_environment(name: str) -> str:
    """What the variable or its file holds, or ''. Raises `ImproperlyConfigured`, never with the secret."""
    value, file = os.environ.get(name, "").strip(), os.environ.get(f"{name}_FILE", "").strip()
    if not name or not file:
        return value
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; set one of them.")
    try:
        value = Path(file).read_text().strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {reason}.") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which is empty.")
    return value
