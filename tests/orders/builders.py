"""Orders, carts and their customers, valid by default; a test states only what matters."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog import services as catalog
from inventory import services as inventory
from orders import queries, services
from orders.events import (
    Address,
    CustomerSnapshot,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    OrderShipped,
    ReturnLine,
)
from orders.services.fulfilling import record
from payments.money import Money

ORDER = UUID("0196f0c0-0000-7000-8000-000000000001")
NOON = datetime(2011, 3, 1, 12, 0, tzinfo=UTC)
ADA = CustomerSnapshot(name="Ada King", email="ada@example.com")
BRISTOL = Address(line1="1 Queen Square", city="Bristol", postcode="BS1 4DJ")
NOWHERE = Address(line1="1 Nowhere", city="Nowhere", postcode="ZZ1 1ZZ")
OUTAGE = Address(line1="1 Nowhere", city="Nowhere", postcode="DOWN 1")


def pounds(text: str) -> Money:
    """An amount in pounds."""
    return Money.parse(text, "GBP")


def a_line(sku: str = "MUG-RED", quantity: int = 2, price: str = "8.50") -> OrderLine:
    """A line of an order."""
    return OrderLine(sku=sku, title=f"The {sku}", quantity=quantity, unit_price=pounds(price))


def an_order_placed(**changes: Any) -> OrderPlaced:
    """Two mugs by card and carrier."""
    facts: dict[str, Any] = {
        "order_id": ORDER,
        "number": "7KQ4-9MXR-2C8T",
        "customer": ADA,
        "lines": (a_line(),),
        "shipping": pounds("3.95"),
        "total": pounds("20.95"),
        "payment_method": "card",
        "delivery": "carrier",
        "placed_at": NOON,
        "address": BRISTOL,
    }
    return OrderPlaced(**facts | changes)


def an_article(sku: str = "MUG-RED", price: str = "8.50", stock: int = 10) -> str:
    """An article on offer and on the shelf."""
    catalog.add_category(slug="mugs", name="Mugs", position=1)
    product = catalog.NewProduct(sku=sku, name=f"The {sku}", category_slug="mugs", price=pounds(price))
    catalog.add_product(product=product)
    if stock:
        inventory.receive_stock(sku=sku, quantity=stock, reason="delivery")
    return sku


def a_cart(*skus: str, quantity: int = 2) -> UUID:
    """A cart with these articles."""
    cart_id = services.create_cart()
    for sku in skus:
        services.add_to_cart(cart_id=cart_id, sku=sku, quantity=quantity)
    return cart_id


def an_order(cart_id: UUID, card_token: str = "tok_visa", address: Address = BRISTOL, **options: Any) -> UUID:
    """The cart, ordered by Ada."""
    return services.place_order(
        cart_id=cart_id, customer=ADA, address=address, card_token=card_token, **options
    )


def pieces(**quantities: int) -> tuple[ReturnLine, ...]:
    """So many of each SKU, written with underscores: pieces(MUG_RED=2)."""
    return tuple(ReturnLine(sku=sku.replace("_", "-"), quantity=count) for sku, count in quantities.items())


@transaction.atomic
def a_confirmed_order(**changes: Any) -> UUID:
    """Two mugs, promised; nothing but the order itself was asked or told."""
    placed = an_order_placed(**changes)
    record(None, placed)
    units = sum(line.quantity for line in placed.lines)
    confirmed = OrderConfirmed(
        order_id=placed.order_id,
        units=units,
        total=placed.total,
        delivery=placed.delivery,
        confirmed_at=NOON,
    )
    record(queries.order_state(placed.order_id), confirmed)
    return placed.order_id


@transaction.atomic
def a_shipped_order(**changes: Any) -> UUID:
    """Two mugs, on their way; nothing but the order itself was asked or told."""
    order_id = a_confirmed_order(**changes)
    shipped = OrderShipped(order_id=order_id, tracking_number="SB1GB", shipped_at=NOON)
    record(queries.order_state(order_id), shipped)
    return order_id
