"""Reading a cart at today's prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from catalog import queries as catalog
from orders.errors import CartNotFound
from orders.models import Cart, CartLine, Order, delivery_charge
from payments.money import Money

_CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line of a cart at today's price; `approximate_stock` may lag behind the shelf."""

    sku: str
    title: str
    slug: str
    picture: str
    quantity: int
    unit_price: Money
    total: Money
    approximate_stock: int
    for_sale: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as the shopper sees it; `order_id` once it has been ordered."""

    cart_id: UUID
    lines: tuple[CartLineView, ...]
    units: int
    subtotal: Money
    shipping: Money
    total: Money
    can_order: bool
    order_id: UUID | None


def cart_view(cart_id: UUID) -> CartView:
    """The cart at today's prices, with a note wherever price or stock have moved since it was filled."""
    cart = Cart.objects.filter(pk=cart_id).first()
    if cart is None:
        raise CartNotFound(cart_id)
    picked = list(cart.lines.all())
    skus = [line.sku for line in picked]
    offers, listings = catalog.products_for_sale(skus), catalog.listings_by_sku(skus)
    lines = tuple(_line_view(line, offers.get(line.sku), listings.get(line.sku)) for line in picked)
    subtotal = sum((line.total for line in lines if line.for_sale), Money.zero(_CURRENCY))
    shipping = delivery_charge(subtotal)
    order_id = Order.objects.filter(cart_id=cart_id).values_list("id", flat=True).first()
    return CartView(
        cart_id=cart_id,
        lines=lines,
        units=sum(line.quantity for line in lines),
        subtotal=subtotal,
        shipping=shipping,
        total=subtotal + shipping,
        can_order=bool(lines) and all(line.for_sale for line in lines) and order_id is None,
        order_id=order_id,
    )


def _line_view(
    line: CartLine, offer: catalog.ProductForSale | None, listing: catalog.Listing | None
) -> CartLineView:
    price = offer.price if offer else line.seen_price
    # A product too new for the listing: say nothing about its stock rather than "sold out".
    stock = listing.available if listing else line.quantity
    return CartLineView(
        sku=line.sku,
        title=offer.name if offer else line.title,
        slug=offer.slug if offer else "",
        picture=offer.picture if offer else "",
        quantity=line.quantity,
        unit_price=price,
        total=price * line.quantity,
        approximate_stock=stock,
        for_sale=offer is not None,
        notes=tuple(_notes(line, price, stock, offer is not None)),
    )


def _notes(line: CartLine, price: Money, stock: int, for_sale: bool) -> Iterator[str]:
    if not for_sale:
        yield "Not for sale any more. Please take it out of your cart."
        return
    if price != line.seen_price:
        yield f"The price has changed from {line.seen_price} to {price} since you picked it."
    if stock <= 0:
        yield "Sold out at the moment."
    elif stock < line.quantity:
        yield f"Only about {stock} left."
