"""Reading the environment so that a mistake stops the start, with the variable's name."""

import logging
import shlex
from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

from core.secret_files import secret_of_environment

_DATABASES = ("sqlite:///", "postgres://", "postgresql://")
_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class Environment(environ.Env):  # type: ignore[misc]
    """`environ.Env`, but strict where it would guess."""

    def secret(self, var: str) -> str:
        """What the variable holds, or the file that `<var>_FILE` names; '' where neither is set."""
        return secret_of_environment(var)

    def command(self, var: str) -> list[str]:
        """A command line as the words that a shell would make of it; no shell ever sees it."""
        try:
            return shlex.split(self.str(var, ""))
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be read as a command: {error}.") from None

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        """Raises `ImproperlyConfigured` for a word that is neither yes nor no."""
        value = self.str(var, str(default)).strip().lower()
        if value not in _YES | _NO:
            raise ImproperlyConfigured(f"{var} is {value!r}; it must be true or false.")
        return value in _YES

    def int(self, var: str, default: int) -> int:
        """Raises `ImproperlyConfigured` for what is no whole number from 0 on."""
        value = self.str(var, str(default)).strip()
        if not (value.isascii() and value.isdigit()):
            raise ImproperlyConfigured(f"{var} is {value!r}; it must be a whole number, 0 or more.")
        return int(value)

    def time_zone(self, var: str, default: str) -> str:
        """Raises `ImproperlyConfigured` for a place that has no time."""
        value: str = self.str(var, default).strip()
        if value not in available_timezones():
            raise ImproperlyConfigured(f"{var} is {value!r}; it must be a time zone, as Europe/Berlin is.")
        return value

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Raises `ImproperlyConfigured` for another kind. It is not shown: a password may be in it."""
        address = self.secret(var) or default
        if not address.startswith(_DATABASES):
            raise ImproperlyConfigured(f"{var} must begin with one of {', '.join(_DATABASES)}")
        return dict(self.db_url_config(address))

    def log_level(self, var: str, default: str) -> str:
        """Raises `ImproperlyConfigured` for a level that logging does not know."""
        value: str = self.str(var, default).strip().upper()
        known = logging.getLevelNamesMapping()
        if value not in known:
            raise ImproperlyConfigured(f"{var} is {value!r}; it must be one of {', '.join(known)}.")
        return value

    def choice(self, var: str, default: str, known: Sequence[str]) -> str:
        """Raises `ImproperlyConfigured` for a word that is none of the known ones."""
        value: str = self.str(var, default).strip().lower()
        if value not in known:
            raise ImproperlyConfigured(f"{var} is {value!r}; it must be one of {', '.join(known)}.")
        return value
