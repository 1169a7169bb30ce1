"""Carts: what a shopper picks, at the price they saw."""

from uuid import uuid4

import pytest

from catalog import services as catalog
from eventbus.testing import drain
from orders import queries, services
from orders.errors import CartAlreadyOrdered, CartNotFound, NotForSale, QuantityRefused
from tests.orders.builders import a_cart, an_article, an_order, pounds

pytestmark = pytest.mark.usefixtures("bus")


def test_a_cart_adds_up_at_todays_prices() -> None:
    cart_id = a_cart(an_article(price="8.50"), an_article("POT", price="20.00"))
    drain()

    cart = queries.cart_view(cart_id)

    assert [(line.sku, line.quantity, line.total) for line in cart.lines] == [
        ("MUG-RED", 2, pounds("17.00")),
        ("POT", 2, pounds("40.00")),
    ]
    assert (cart.units, cart.subtotal, cart.shipping, cart.total) == (
        4,
        pounds("57"),
        pounds("0"),
        pounds("57"),
    )
    assert cart.can_order
    assert [line.notes for line in cart.lines] == [(), ()]


def test_small_carts_pay_for_delivery() -> None:
    cart = queries.cart_view(a_cart(an_article()))

    assert (cart.subtotal, cart.shipping, cart.total) == (pounds("17"), pounds("3.95"), pounds("20.95"))


def test_an_empty_cart_costs_nothing_and_cannot_be_ordered() -> None:
    cart = queries.cart_view(services.create_cart())

    assert (cart.lines, cart.total, cart.can_order) == ((), pounds("0"), False)


def test_the_same_article_again_adds_to_its_line() -> None:
    cart_id = a_cart(an_article(), quantity=2)

    services.add_to_cart(cart_id=cart_id, sku="MUG-RED", quantity=3)

    assert [line.quantity for line in queries.cart_view(cart_id).lines] == [5]


def test_a_quantity_can_be_changed_and_a_line_taken_out() -> None:
    cart_id = a_cart(an_article(), an_article("POT"))

    services.change_quantity(cart_id=cart_id, sku="MUG-RED", quantity=7)
    services.remove_line(cart_id=cart_id, sku="POT")

    assert [(line.sku, line.quantity) for line in queries.cart_view(cart_id).lines] == [("MUG-RED", 7)]


@pytest.mark.parametrize("quantity", [0, -1, 100])
def test_a_quantity_out_of_range_is_refused(quantity: int) -> None:
    an_article()

    with pytest.raises(QuantityRefused, match="between 1 and 99"):
        services.add_to_cart(cart_id=services.create_cart(), sku="MUG-RED", quantity=quantity)


def test_what_the_catalogue_does_not_sell_cannot_be_picked() -> None:
    with pytest.raises(NotForSale, match="GHOST is not for sale"):
        services.add_to_cart(cart_id=services.create_cart(), sku="GHOST")


def test_a_cart_that_does_not_exist_is_named() -> None:
    with pytest.raises(CartNotFound):
        queries.cart_view(uuid4())


def test_a_price_that_moved_is_pointed_out() -> None:
    cart_id = a_cart(an_article(price="8.50"))
    catalog.change_price(sku="MUG-RED", price=pounds("9.00"))
    drain()

    line = queries.cart_view(cart_id).lines[0]

    assert line.unit_price == pounds("9.00")
    assert line.notes == ("The price has changed from £8.50 to £9.00 since you picked it.",)


@pytest.mark.parametrize(("stock", "note"), [(1, "Only 1 left."), (0, "Sold out at the moment.")])
def test_a_shelf_that_ran_low_is_pointed_out(stock: int, note: str) -> None:
    cart_id = a_cart(an_article(stock=stock))
    drain()

    assert queries.cart_view(cart_id).lines[0].notes == (note,)


def test_an_article_withdrawn_meanwhile_blocks_the_order_and_says_so() -> None:
    cart_id = a_cart(an_article())
    catalog.withdraw_product(sku="MUG-RED")
    drain()

    cart = queries.cart_view(cart_id)

    assert not cart.can_order
    assert cart.lines[0].notes == ("Not for sale any more. Please take it out of your basket.",)


def test_an_ordered_cart_is_closed() -> None:
    cart_id = a_cart(an_article())
    order_id = an_order(cart_id)

    with pytest.raises(CartAlreadyOrdered) as refusal:
        services.add_to_cart(cart_id=cart_id, sku="MUG-RED")

    assert refusal.value.order_id == order_id
    assert queries.cart_view(cart_id).order_id == order_id
