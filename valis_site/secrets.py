"""Secrets of an installation: from the environment, else generated once into the data directory."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

_SECRET_KEY, _FIELD_KEYS = "VALIS_SECRET_KEY", "VALIS_FIELD_KEYS"


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """`field_keys` encrypt stored provider keys: the first one writes, all of them read."""

    secret_key: str
    field_keys: tuple[str, ...]


def read_secrets(directory: Path, *, secret_key: str, field_keys: list[str], may_be_made: bool) -> Secrets:
    """What the environment gave, completed from `secrets.json`, which is made when it is missing.

    Raises `ImproperlyConfigured` where it is incomplete and must not be completed: several processes,
    each with secrets of its own, would not understand each other.
    """
    if secret_key and field_keys:
        return Secrets(secret_key, tuple(field_keys))
    if not may_be_made:
        missing = [
            name for name, value in ((_SECRET_KEY, secret_key), (_FIELD_KEYS, field_keys)) if not value
        ]
        raise ImproperlyConfigured(
            f"VALIS_REDIS_URL is set, for several processes, which need the same secrets. Set also "
            f"{' and '.join(missing)}, or name a file with {missing[0]}_FILE. "
            "`openssl rand -base64 32 | tr +/ -_` makes a field key, `openssl rand -base64 48` a secret key."
        )
    kept = _kept_secrets(directory / "secrets.json")
    return Secrets(secret_key or kept.secret_key, tuple(field_keys) or kept.field_keys)


def _kept_secrets(path: Path) -> Secrets:
    try:
        return _read_or_make(path)
    except (OSError, ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"VALIS_DATA_DIR: {path} cannot be used ({error}).") from None


def _read_or_make(path: Path) -> Secrets:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = Secrets(get_random_secret_key(), (Fernet.generate_key().decode(),))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = json.loads(path.read_text())
        return Secrets(kept["secret_key"], tuple(kept["field_keys"]))
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(fresh), file)
    return fresh
