"""What compose.yaml says, read as `docker compose` reads it: variables put in, or refused."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Refused(Exception):
    """A variable that has to be set is not. Its words are those after `:?`."""


class Composition:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.document: dict[str, Any] = self._filled(yaml.safe_load((ROOT / "compose.yaml").read_text()))

    @property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document["services"]
        return found

    def command(self, service: str) -> list[str]:
        return [str(word) for word in self.services[service]["command"]]

    def environment(self, service: str) -> dict[str, str]:
        """A variable without a value is passed on if it is set."""
        named = self.services[service]["environment"]
        values = {
            name: self._environment.get(name) if value is None else value for name, value in named.items()
        }
        return {name: str(value) for name, value in values.items() if value is not None}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        return _VARIABLE.sub(self._value, value) if isinstance(value, str) else value

    def _value(self, found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        value = self._environment.get(name, "")
        if not value and kind == "?":
            raise Refused(f"{name}: {rest}")
        return value or (rest if kind == "-" else "")
