"""The configuration as plain data: the engine's settings and the providers, without any key."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models

from providers.engine_settings import engine_settings
from providers.models import Provider

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:
    Field = models.Field

Data = dict[str, Any]
"""`{"engine": {setting: value}, "providers": {name: {field: value}}}`"""

_ADDRESS = ("kind", "base_url", "uses_environment")
"""Who is asked, and by it who is shown the key: told, but changed in admin only."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`key` is `engine.max_output` or `providers.openai.priority`; None stands for what is not there."""

    key: str
    before: Any
    after: Any


def changeable_fields() -> dict[str, Field]:
    """Fields of a provider that a file or a snapshot may change: its model, its switch, its numbers."""
    plain = (models.BooleanField, models.FloatField, models.IntegerField)
    return {
        field.name: field
        for field in Provider._meta.concrete_fields
        if field.name == "model"
        or (isinstance(field, plain) and not field.primary_key and field.name not in _ADDRESS)
    }


def told_fields() -> list[str]:
    return [*_ADDRESS, *changeable_fields()]


def configuration() -> Data:
    """As it is in the database, whether it makes sense or not."""
    rows = Provider.objects.all()
    providers = {row.name: {name: _plain(getattr(row, name)) for name in told_fields()} for row in rows}
    return {"engine": _plain(engine_settings().values()), "providers": providers}


def _plain(value: Any) -> Any:
    """What every database can keep as JSON, also when something else was forced in."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def digest_of(changes: Iterable[Difference]) -> str:
    """The same for the same changes: what somebody saw is what they agree to."""
    return hashlib.sha256(repr(list(changes)).encode()).hexdigest()[:16]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    old, new = dict(_flat(before)), dict(_flat(after))
    keys = [*old, *(key for key in new if key not in old)]
    changed = (Difference(key, old.get(key), new.get(key)) for key in keys)
    return [each for each in changed if each.before != each.after]


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
