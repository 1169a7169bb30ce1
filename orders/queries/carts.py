"""Reading a cart at today's prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from catalog import queries as catalog
from eventbus import current_time
from inventory import queries as inventory
from orders.errors import CartNotFound, NoDelivery, NothingToPay
from orders.models import HOME_COUNTRY, HOME_CURRENCY, Cart, CartLine, Order
from orders.queries.totals import Delivery, Totals, fingerprint, tariff_for, totals
from payments.money import Money


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line of a cart at today's price, and what the shelf holds now; notes say what has moved."""

    sku: str
    title: str
    slug: str
    picture: str
    quantity: int
    unit_price: Money
    total: Money
    available: int
    for_sale: bool
    notes: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        """Whether the shelf holds less of it than is wanted."""
        return self.for_sale and self.available < self.quantity


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as the shopper sees it; `order_id` once it has been ordered.

    `seen` stands for all of it and goes with the checkout form; `refusal` says why it cannot be delivered,
    `obstacle` why it cannot be ordered, whatever the reason.
    """

    cart_id: UUID
    lines: tuple[CartLineView, ...]
    units: int
    sums: Totals
    seen: str
    refusal: str
    obstacle: str
    order_id: UUID | None

    @property
    def can_order(self) -> bool:
        """Whether it can be checked out as it is."""
        return bool(self.lines) and not self.obstacle and self.order_id is None

    @property
    def subtotal(self) -> Money:
        """What the goods cost."""
        return self.sums.subtotal

    @property
    def shipping(self) -> Money:
        """What their delivery costs."""
        return self.sums.shipping

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return self.sums.total


def cart_view(cart_id: UUID, customer_id: int | None = None) -> CartView:
    """The cart at today's prices, with a note wherever price or stock have moved since it was filled.

    Raises CartNotFound, also for the cart of another account.
    """
    cart = Cart.objects.open_to(cart_id, customer_id).first()
    if cart is None:
        raise CartNotFound(cart_id)
    picked = list(cart.lines.all())
    skus = [line.sku for line in picked]
    offers, shelf = catalog.products_for_sale(skus), inventory.stock_of(skus)
    lines = tuple(_line_view(line, offers.get(line.sku), shelf[line.sku].available) for line in picked)
    sums, refusal = _sums(lines, picked[0].currency if picked else HOME_CURRENCY)
    order_id = Order.objects.filter(cart_id=cart_id).values_list("id", flat=True).first()
    return CartView(
        cart_id=cart_id,
        lines=lines,
        units=sum(line.quantity for line in lines),
        sums=sums,
        seen=fingerprint([(line.sku, line.quantity, line.unit_price) for line in lines], sums.total),
        refusal=refusal,
        obstacle=refusal or _obstacle(lines, sums.total),
        order_id=order_id,
    )


def units_in_cart(cart_id: UUID, customer_id: int | None = None) -> int:
    """How many pieces the cart holds, in one statement; none once it has been ordered."""
    mine = Cart.objects.open_to(cart_id, customer_id)
    open_lines = CartLine.objects.filter(cart__in=mine).exclude(
        Exists(Order.objects.filter(cart_id=OuterRef("cart_id")))
    )
    units: int = open_lines.aggregate(units=Sum("quantity", default=0))["units"]
    return units


def _sums(lines: Sequence[CartLineView], currency: str) -> tuple[Totals, str]:
    today = timezone.localdate(current_time())
    tariff = tariff_for(country=HOME_COUNTRY, currency=currency, day=today)
    prices = [line.total for line in lines if line.for_sale]
    try:
        return totals(prices, tariff), ""
    except NoDelivery as refusal:
        undelivered = replace(tariff, deliveries=(Delivery(0, "", Money.zero(currency)),))
        return totals(prices, undelivered), str(refusal)


def _obstacle(lines: Sequence[CartLineView], total: Money) -> str:
    gone = [line.title for line in lines if not line.for_sale or line.available <= 0]
    short = [line.title for line in lines if line.is_short and line.available > 0]
    sentences = []
    if gone:
        sentences.append(f"Please take out what cannot be had now: {', '.join(gone)}.")
    if short:
        sentences.append(f"Please take fewer of: {', '.join(short)}.")
    if lines and not sentences and not total:
        sentences.append(str(NothingToPay()))
    return " ".join(sentences)


def _line_view(line: CartLine, offer: catalog.ProductForSale | None, available: int) -> CartLineView:
    in_its_currency = offer is not None and offer.price.currency == line.currency
    price = offer.price if offer and in_its_currency else line.seen_price
    return CartLineView(
        sku=line.sku,
        title=offer.name if offer else line.title,
        slug=offer.slug if offer else "",
        picture=offer.picture if offer else "",
        quantity=line.quantity,
        unit_price=price,
        total=price * line.quantity,
        available=available,
        for_sale=in_its_currency,
        notes=tuple(_notes(line, price, available, in_its_currency)),
    )


def _notes(line: CartLine, price: Money, available: int, for_sale: bool) -> Iterator[str]:
    if not for_sale:
        yield "Not for sale any more. Please take it out of your basket."
        return
    if price != line.seen_price:
        yield f"The price has changed from {line.seen_price} to {price} since you picked it."
    if available <= 0:
        yield "Sold out at the moment."
    elif available < line.quantity:
        yield f"Only {available} left."
