"""Prices: each change is kept, with when, from what, to what, and who."""

from datetime import UTC, datetime

import pytest

from catalog import services
from catalog.errors import InvalidPrice, UnknownProduct
from catalog.events import PriceChanged
from catalog.queries import PriceStep, price_history, product_for_sale
from eventbus import backdated
from eventbus.testing import published
from payments.money import Money
from tests.catalog.builders import a_product, offered

pytestmark = pytest.mark.django_db
MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def pounds(amount: int) -> Money:
    return Money(amount * 100, "GBP")


@pytest.fixture(autouse=True)
def shelf(db: None) -> None:
    offered(a_product("MUG", pounds=12))


def test_a_history_is_kept_newest_first() -> None:
    with published() as events:
        with backdated(MAY):
            services.change_price(sku="MUG", price=pounds(14), by="ada")
        with backdated(JUNE):
            services.change_price(sku="MUG", price=pounds(10))

    assert price_history("MUG") == [
        PriceStep(JUNE, pounds(14), pounds(10), ""),
        PriceStep(MAY, pounds(12), pounds(14), "ada"),
    ]
    assert events == [PriceChanged(sku="MUG", price=pounds(14)), PriceChanged(sku="MUG", price=pounds(10))]


def test_the_same_price_is_no_change() -> None:
    with published() as events:
        services.change_price(sku="MUG", price=pounds(12), by="ada")

    assert price_history("MUG") == []
    assert events == []


def test_what_is_refused_leaves_no_trace() -> None:
    with pytest.raises(InvalidPrice):
        services.change_price(sku="MUG", price=pounds(-1), by="ada")
    with pytest.raises(UnknownProduct):
        services.change_price(sku="CUP", price=pounds(1), by="ada")

    assert price_history("MUG") == []
    found = product_for_sale("MUG")
    assert found
    assert found.price == pounds(12)


def test_a_currency_that_changes_is_kept_too() -> None:
    services.change_price(sku="MUG", price=Money(1500, "EUR"))

    assert [(step.old, step.new) for step in price_history("MUG")] == [(pounds(12), Money(1500, "EUR"))]
