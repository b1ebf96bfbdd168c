"""Reading with the ORM at less cost."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def row_or_none(rows: QuerySet[Row]) -> Row | None:
    """The one row there can be. `first` sorts as well, which takes the ORM half as long again."""
    return next(iter(rows.order_by()[:1]), None)
