"""Money as people read it."""

from decimal import Decimal

import pytest
from django.template import Context, Template

from core.money import dollars


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.00001", "under $0.0001"),
        ("0.0042", "$0.0042"),
        ("0.00999", "$0.0100"),
        ("0.01", "$0.01"),
        ("0.5", "$0.50"),
        ("1", "$1.00"),
        ("1234.5", "$1,234.50"),
        ("-0.25", "-$0.25"),
    ],
)
def test_money_has_as_many_decimals_as_it_needs(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_what_has_no_price_is_not_shown_as_nothing() -> None:
    assert dollars(None) == "unpriced"


def test_templates_show_money_alike() -> None:
    shown = Template("{% load money %}{{ amount|dollars }}").render(Context({"amount": 0.25}))

    assert shown == "$0.25"
