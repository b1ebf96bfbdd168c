"""Encrypting stored secrets anew, after a new key was put in front of `VALIS_FIELD_KEYS`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast

from core.fields import EncryptedTextField, is_encrypted_with_first_key, reencrypted

BATCH = 100


@dataclass(slots=True)
class Column:
    """One encrypted column, and how its values stand."""

    model: type[models.Model]
    name: str
    current: int = 0
    old: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"


def encrypted_columns() -> Iterator[Column]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield Column(model, field.name)


def look_through(column: Column) -> Column:
    """Count what is encrypted with the first key, with an older one, and with none that is known."""
    for batch in _batches(column):
        for _, stored in batch:
            _count(column, stored, reencrypted(stored))
    return column


def rotate(column: Column, *, tell: Callable[[Column], None] = lambda _: None) -> Column:
    """Encrypt with the first key whatever is not. Each batch is a transaction, so it may be interrupted.

    Afterwards `old` counts what was encrypted anew. `tell` hears of each batch.
    """
    for batch in _batches(column):
        with transaction.atomic():
            for pk, stored in batch:
                fresh = reencrypted(stored)
                _count(column, stored, fresh)
                if fresh and not is_encrypted_with_first_key(stored):
                    # Unless somebody saved another value meanwhile, which is with the first key anyway.
                    _stored(column).filter(pk=pk, stored=stored).update(
                        **{column.name: models.Value(fresh, output_field=models.TextField())}
                    )
        tell(column)
    return column


def _count(column: Column, stored: str, fresh: str) -> None:
    if is_encrypted_with_first_key(stored):
        column.current += 1
    elif fresh:
        column.old += 1
    else:
        column.unreadable += 1


def _stored(column: Column) -> "models.QuerySet[models.Model]":
    """Rows with what is really in the database, as `stored`."""
    rows = column.model._base_manager.annotate(stored=Cast(column.name, output_field=models.TextField()))
    return rows.exclude(stored="")


def _batches(column: Column) -> Iterator[list[tuple[int, str]]]:
    rows, last = _stored(column).order_by("pk").values_list("pk", "stored"), None
    while batch := list((rows if last is None else rows.filter(pk__gt=last))[:BATCH]):
        yield batch
        last = batch[-1][0]
