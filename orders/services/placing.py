"""Placing an order: from a cart, or on account for a wholesale customer."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from catalog import queries as catalog
from eventbus import current_time
from orders.errors import CartAlreadyOrdered, CartChanged, CartIsEmpty, NotForSale, NothingToPay, TotalChanged
from orders.events import Address, CustomerSnapshot, OrderLine, OrderPlaced
from orders.models import Cart, new_number
from orders.queries.totals import Totals, fingerprint, tariff_for, totals
from orders.services.carts import open_cart
from orders.services.fulfilling import record
from orders.services.links import bank_return_link
from payments import services as payments
from payments.money import Money


@transaction.atomic
def place_order(
    *,
    cart_id: UUID,
    customer: CustomerSnapshot,
    address: Address,
    card_token: str,
    expected_total: Money | None = None,
    seen: str = "",
    customer_id: int | None = None,
) -> UUID:
    """Turn the cart into an order at today's prices; a cart that is one already answers with that order.

    expected_total, seen: what the shopper agreed to, as CartView had it. Where that is not so any more,
    TotalChanged or CartChanged. customer_id: the account that orders; None for a guest. Also raises
    CartNotFound, CartIsEmpty, NotForSale, MixedCurrencies, NoDelivery, NothingToPay and TotalRefused, and
    then nothing has happened.
    """
    try:
        cart = open_cart(cart_id, customer_id)
    except CartAlreadyOrdered as ordered:
        return ordered.order_id
    lines = _priced(cart)
    sums = _sums(lines, address)
    _check_agreed(cart_id, lines, sums, expected_total, seen)
    if not sums.total:
        raise NothingToPay
    placed = _order_of(
        _with_tax(lines, sums),
        sums.shipping,
        customer=customer,
        address=address,
        cart_id=cart_id,
        payment_method="card",
        delivery="carrier",
    )
    placed = replace(placed, shipping_name=sums.shipping_name, tax=sums.tax, customer_id=customer_id)
    return _place(placed, card_token)


@transaction.atomic(savepoint=False)
def place_order_on_account(
    *,
    order_id: UUID,
    customer_reference: str,
    lines: Sequence[OrderLine],
    shipping: Money,
    number: str = "",
    customer_name: str = "",
    address: Address | None = None,
) -> UUID:
    """Place a wholesale order, charged to the customer's account and delivered by the shop itself.

    No rule is applied: prices, delivery and what is in them are as they were agreed. Raises QuantityRefused,
    MixedCurrencies and TotalRefused.
    """
    customer = CustomerSnapshot(name=customer_name or customer_reference, reference=customer_reference)
    return _place(
        _order_of(
            tuple(lines),
            shipping,
            order_id=order_id,
            number=number,
            customer=customer,
            address=address,
            payment_method="account",
            delivery="own",
        )
    )


def _place(placed: OrderPlaced, card_token: str = "") -> UUID:
    record(None, placed)
    payments.request_payment(
        order_id=placed.order_id,
        amount=placed.total,
        method=placed.payment_method,
        card_token=card_token,
        return_url=bank_return_link(placed.order_id) if card_token else "",
    )
    return placed.order_id


def _order_of(
    lines: tuple[OrderLine, ...],
    shipping: Money,
    *,
    customer: CustomerSnapshot,
    address: Address | None,
    payment_method: str,
    delivery: str,
    cart_id: UUID | None = None,
    order_id: UUID | None = None,
    number: str = "",
) -> OrderPlaced:
    goods = sum(line.unit_price.amount * line.quantity for line in lines)
    return OrderPlaced(
        order_id=order_id or uuid4(),
        number=number or new_number(),
        customer=customer,
        address=address,
        lines=lines,
        shipping=shipping,
        # In one currency: the table's guards see to that before anything is written.
        total=Money(shipping.amount + goods, shipping.currency),
        payment_method=payment_method,
        delivery=delivery,
        cart_id=cart_id,
        placed_at=current_time(),
    )


def _priced(cart: Cart) -> tuple[OrderLine, ...]:
    picked = list(cart.lines.all())
    if not picked:
        raise CartIsEmpty(cart.id)
    offers = catalog.products_for_sale([line.sku for line in picked])
    if gone := [line for line in picked if line.sku not in offers]:
        raise NotForSale(gone[0].sku, gone[0].title)
    return tuple(
        OrderLine(
            sku=line.sku,
            title=offers[line.sku].name,
            quantity=line.quantity,
            unit_price=offers[line.sku].price,
            slug=offers[line.sku].slug,
            picture=offers[line.sku].picture,
        )
        for line in picked
    )


def _sums(lines: tuple[OrderLine, ...], address: Address) -> Totals:
    tariff = tariff_for(
        country=address.country,
        currency=lines[0].unit_price.currency,
        day=timezone.localdate(current_time()),
    )
    return totals([line.total for line in lines], tariff)


def _with_tax(lines: tuple[OrderLine, ...], sums: Totals) -> tuple[OrderLine, ...]:
    return tuple(
        replace(line, tax_name=sums.tax_name, tax_rate=sums.tax_rate, tax=tax)
        for line, tax in zip(lines, sums.line_taxes, strict=True)
    )


def _check_agreed(
    cart_id: UUID, lines: tuple[OrderLine, ...], sums: Totals, expected_total: Money | None, seen: str
) -> None:
    if expected_total is not None and expected_total != sums.total:
        raise TotalChanged(expected_total, sums.total)
    if seen and seen != fingerprint(
        [(line.sku, line.quantity, line.unit_price) for line in lines], sums.total
    ):
        raise CartChanged(cart_id)
