"""Verbs of the cart."""

from uuid import UUID

from django.db import transaction

from catalog import queries as catalog
from eventbus import current_time, publish
from orders.errors import (
    CartAlreadyOrdered,
    CartFull,
    CartNotFound,
    MixedCurrencies,
    NotForSale,
    NotInCart,
    QuantityRefused,
)
from orders.events import CartStarted
from orders.models import MOST_LINES, MOST_PER_LINE, Cart, CartLine, Order

CART_IN_SESSION = "cart_id"
"""Where a visitor's session keeps the id of their cart."""


@transaction.atomic
def create_cart(*, customer_id: int | None = None) -> UUID:
    """Open an empty cart and announce it: an account's own, or a guest's that who knows its id may fill."""
    cart = Cart.objects.create(customer_id=customer_id)
    publish(CartStarted(cart_id=cart.id, started_at=current_time()))
    return cart.id


@transaction.atomic
def add_to_cart(*, cart_id: UUID, sku: str, quantity: int = 1, customer_id: int | None = None) -> None:
    """Add pieces of an article at today's price, on top of those already picked.

    Raises CartNotFound, CartAlreadyOrdered, CartFull, NotForSale, QuantityRefused and MixedCurrencies.
    """
    cart = open_cart(cart_id, customer_id)
    product = catalog.product_for_sale(sku)
    if product is None:
        raise NotForSale(sku)
    picked = {line.sku: line for line in cart.lines.all()}
    if currencies := {line.currency for line in picked.values()} - {product.price.currency}:
        raise MixedCurrencies({product.price.currency, *currencies})
    if sku not in picked and len(picked) >= MOST_LINES:
        raise CartFull(MOST_LINES)
    line = picked.get(sku) or CartLine(cart=cart, sku=sku, quantity=0)
    line.quantity = _allowed(quantity, line.quantity)
    line.title = product.name
    line.seen_amount, line.currency = product.price.amount, product.price.currency
    line.save()


@transaction.atomic
def change_quantity(*, cart_id: UUID, sku: str, quantity: int, customer_id: int | None = None) -> None:
    """Set how many pieces of an article the cart holds; 0 takes it out.

    Raises CartNotFound, CartAlreadyOrdered, QuantityRefused and NotInCart.
    """
    lines = open_cart(cart_id, customer_id).lines.filter(sku=sku)
    if quantity == 0:
        lines.delete()
    elif not lines.update(quantity=_allowed(quantity)):
        raise NotInCart(sku)


def remove_line(*, cart_id: UUID, sku: str, customer_id: int | None = None) -> None:
    """Take an article out of the cart; harmless when it is not in it."""
    change_quantity(cart_id=cart_id, sku=sku, quantity=0, customer_id=customer_id)


def open_cart(cart_id: UUID, customer_id: int | None = None) -> Cart:
    """The cart, locked, so that it cannot be ordered while it changes; another account's is not found."""
    cart = Cart.objects.select_for_update().open_to(cart_id, customer_id).first()
    if cart is None:
        raise CartNotFound(cart_id)
    ordered = Order.objects.filter(cart_id=cart_id).values_list("id", flat=True).first()
    if ordered:
        raise CartAlreadyOrdered(cart_id, ordered)
    return cart


def _allowed(quantity: int, already: int = 0) -> int:
    if quantity < 1 or quantity + already > MOST_PER_LINE:
        raise QuantityRefused(quantity + already, MOST_PER_LINE)
    return quantity + already
