"""Whose a cart and an order are: an account's own carts and orders, and guests' orders claimed on proof."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import queries, services
from orders.errors import CartNotFound, OrderAlreadyOwned
from orders.models import Cart, Order
from orders.services import folding
from tests.orders.builders import ORDER, a_cart, a_confirmed_order, an_article, an_order

pytestmark = pytest.mark.usefixtures("bus")

ADA, EVE = 7, 8


def an_owned_cart() -> UUID:
    """Ada's cart with two mugs."""
    cart_id = services.create_cart(customer_id=ADA)
    services.add_to_cart(cart_id=cart_id, sku=an_article(), quantity=2, customer_id=ADA)
    return cart_id


@pytest.mark.parametrize("stranger", [None, EVE], ids=["a guest", "another account"])
def test_the_cart_of_an_account_is_not_there_for_anybody_else(stranger: int | None) -> None:
    cart_id = services.create_cart(customer_id=ADA)
    sku = an_article()

    for verb in (
        lambda: queries.cart_view(cart_id, stranger),
        lambda: services.add_to_cart(cart_id=cart_id, sku=sku, customer_id=stranger),
        lambda: services.change_quantity(cart_id=cart_id, sku=sku, quantity=1, customer_id=stranger),
        lambda: services.remove_line(cart_id=cart_id, sku=sku, customer_id=stranger),
        lambda: an_order(cart_id, customer_id=stranger),
    ):
        with pytest.raises(CartNotFound):
            verb()
    assert (Cart.objects.get().lines.count(), Order.objects.count()) == (0, 0)


def test_an_order_belongs_to_the_account_that_placed_it() -> None:
    order_id = an_order(an_owned_cart(), customer_id=ADA)

    assert Order.objects.get().customer_id == ADA
    assert queries.order_as_of(order_id).customer_id == ADA


def test_an_order_belongs_to_nobody_where_a_guest_placed_it() -> None:
    an_order(a_cart(an_article()))

    assert Order.objects.get().customer_id is None


def test_an_owner_costs_no_statement() -> None:
    guests, accounts = a_cart(an_article()), services.create_cart(customer_id=ADA)
    services.add_to_cart(cart_id=accounts, sku="MUG-RED", customer_id=ADA)
    an_order(a_cart("MUG-RED"))

    with CaptureQueriesContext(connection) as of_a_guest:
        an_order(guests)
    with CaptureQueriesContext(connection) as of_an_account:
        an_order(accounts, customer_id=ADA)

    assert len(of_an_account) == len(of_a_guest)


@pytest.mark.parametrize("state", ["placed", "confirmed", "shipped", "cancelled"])
def test_a_guests_order_can_be_claimed_in_every_state_and_is_rebuilt_so(state: str) -> None:
    a_confirmed_order()
    Order.objects.update(state=state)

    services.claim_order(order_id=ORDER, customer_id=ADA, proof=services.BY_LINK)

    assert Order.objects.get().customer_id == ADA
    Order.objects.all().delete()
    folding.rebuild_orders([ORDER])
    assert Order.objects.get().customer_id == ADA


def test_claiming_twice_is_harmless() -> None:
    a_confirmed_order()

    services.claim_order(order_id=ORDER, customer_id=ADA, proof=services.BY_LINK)
    services.claim_order(order_id=ORDER, customer_id=ADA, proof=services.BY_MAILBOX)

    assert Order.objects.get().revision == 3
    assert [chapter.event for chapter in queries.order_story(ORDER)][2:] == ["OrderClaimed"]


def test_what_belongs_to_an_account_is_not_claimed_by_another() -> None:
    a_confirmed_order(customer_id=ADA)

    with pytest.raises(OrderAlreadyOwned):
        services.claim_order(order_id=ORDER, customer_id=EVE, proof=services.BY_LINK)

    assert Order.objects.get().customer_id == ADA
