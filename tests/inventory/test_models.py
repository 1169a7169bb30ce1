"""The rules that the schema itself keeps."""

import pytest
from django.db import IntegrityError

from inventory.models import StockItem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("on_hand", "reserved", "rule"),
    [
        (1, 2, "stock_never_oversold"),
        (-1, -1, "stock_reserved_not_negative"),
        (1, -1, "stock_reserved_not_negative"),
        (-1, 0, "stock_never_oversold"),
    ],
)
def test_the_schema_refuses_impossible_counters(on_hand: int, reserved: int, rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule):
        StockItem.objects.create(sku="MUG", on_hand=on_hand, reserved=reserved)
