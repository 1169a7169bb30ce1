"""What must be true of the shop when an import has come to its end, checked against the data itself.

Each invariant is a sentence, and holds, or comes with what speaks against it. What is checked order by order
are the file's own orders; counters, ledgers and read models are the whole shop's.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from typing import NamedTuple
from uuid import UUID

from django.core.management import call_command
from django.db import connection
from msgspec import Struct

from catalog.queries import listings_by_sku
from eventbus import drain, vital_signs
from inventory import queries as inventory
from orders.importing.buckets import Bucket, Figures
from orders.importing.survey import Index
from orders.importing.writing import document_id
from orders.models import Order, Return, SalesByDayRow
from orders.services import folding
from payments import queries as payments

ENDINGS = ("shipped", "cancelled")
READ_MODELS = ("orders.order_history", "orders.sales_by_day", "catalog.catalog_listing")
_AT_ONCE = 1000
_SHOWN = 3

# The sales of some days, from the orders and returns themselves: the read model comes out of the log.
_SALES = """
SELECT day || '/' || currency, sum(orders)::int, sum(units)::int, sum(revenue)::bigint, sum(returns)::int,
       sum(refunds)::bigint
FROM (
    SELECT (confirmed_at AT TIME ZONE 'Europe/London')::date AS day, currency, 1 AS orders,
           (SELECT coalesce(sum((line ->> 'quantity')::int), 0) FROM jsonb_array_elements(lines) AS line)
               AS units, total_amount AS revenue, 0 AS returns, 0 AS refunds
    FROM orders_order WHERE confirmed_at IS NOT NULL
    UNION ALL
    SELECT (returned_at AT TIME ZONE 'Europe/London')::date, currency, 0, 0, 0, 1, refund_amount
    FROM orders_return) AS sale
WHERE day = ANY(%s) GROUP BY 1 ORDER BY 1"""


class Invariant(Struct, frozen=True):
    """Something that must be true; `against` is what speaks against it, nothing where it holds."""

    name: str
    against: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against

    def __str__(self) -> str:
        return f"holds   {self.name}" if self.holds else f"BROKEN  {self.name}: {self.against}"


def prove(index: Index, figures: Figures) -> Iterator[Invariant]:
    """Check one invariant after the other, of what was imported so far."""
    orders = list(_imported(index))
    for name, against in (
        ("every message has reached everybody who listens", _undelivered),
        ("every order of the file has come to its end", lambda: _without_ending(orders, figures)),
        ("its orders cost what it says, to the penny", lambda: _other_sum(orders, figures)),
        ("its credit notes give back what it says, to the penny", lambda: _other_credits(index, figures)),
        ("the money held for each order is its total", lambda: _named(_unpaid(orders))),
        ("every payment is what its ledger adds up to", lambda: _named(payments.ledger_differences())),
        ("every shelf is what its ledger adds up to", lambda: _named(inventory.ledger_differences())),
        ("every order is what its own events add up to", lambda: _named(_differences(orders))),
        ("the sales of each day are what its orders add up to", lambda: _named(_other_days(index))),
        ("the catalogue offers what is free on the shelf", lambda: _named(_misoffered(index.skus))),
        ("every read model is what the log adds up to", _drifted),
    ):
        yield Invariant(name, against())


class _Imported(NamedTuple):
    """What is looked at of each of the file's orders."""

    id: UUID
    number: str
    state: str
    total: int


def _imported(index: Index) -> Iterator[_Imported]:
    numbers = list(index.last_lines)
    for start in range(0, len(numbers), _AT_ONCE):
        ids = [document_id(number) for number in numbers[start : start + _AT_ONCE]]
        rows = Order.objects.filter(pk__in=ids).values_list("id", "number", "state", "total_amount")
        yield from (_Imported(*row) for row in rows)


def _named(found: Iterable[object]) -> str:
    """How many there are, and the first few of them."""
    everything = [str(one) for one in found]
    shown = "; ".join(everything[:_SHOWN])
    return f"{len(everything)} differ: {shown}" if everything else ""


def _undelivered() -> str:
    drain()
    waiting = [f.means for f in vital_signs() if f.check in ("lag", "dead letters") and f.number]
    return " ".join(waiting)


def _without_ending(orders: Sequence[_Imported], figures: Figures) -> str:
    if len(orders) != figures.orders:
        return f"{len(orders)} of {figures.orders} orders are in the shop"
    return _named(order.number for order in orders if order.state not in ENDINGS)


def _other_sum(orders: Sequence[_Imported], figures: Figures) -> str:
    expected = figures.buckets[Bucket.SOLD].amount + figures.buckets[Bucket.SHIPPING].amount
    return _unequal(sum(order.total for order in orders), expected)


def _other_credits(index: Index, figures: Figures) -> str:
    numbers = [number for number in index.last_lines if number[0] == "C"]
    refunds: list[int] = []
    for start in range(0, len(numbers), _AT_ONCE):
        ids = [document_id(number) for number in numbers[start : start + _AT_ONCE]]
        refunds += Return.objects.filter(pk__in=ids).values_list("refund_amount", flat=True)
    if len(refunds) != figures.credit_notes:
        return f"{len(refunds)} of {figures.credit_notes} credit notes are in the shop"
    return _unequal(sum(refunds), -figures.buckets[Bucket.RETURNED].amount)


def _unequal(pennies: int, expected: Decimal) -> str:
    told = f"{Decimal(pennies) / 100:.2f}, and the file says {expected}"
    return "" if pennies == expected * 100 else told


def _unpaid(orders: Sequence[_Imported]) -> Iterator[str]:
    for order in orders:
        payment = payments.payment_of(order.id)
        held = payment.captured.amount - payment.refunded.amount if payment else None
        due = 0 if order.state == "cancelled" else order.total
        if held != due:
            yield f"order {order.number} holds {held} of {due}"


def _differences(orders: Sequence[_Imported]) -> Iterator[folding.Difference]:
    for order in orders:
        yield from folding.differences(order.id)


def _other_days(index: Index) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SALES, [index.days])
        expected = {row[0]: row[1:] for row in cursor.fetchall()}
    columns = ("orders", "units", "revenue_amount", "returns", "refunds_amount")
    shown = {
        key: tuple(values)
        for key, *values in SalesByDayRow.objects.filter(day__in=index.days).values_list("key", *columns)
    }
    for key in sorted(expected.keys() | shown.keys()):
        if expected.get(key) != shown.get(key):
            yield f"{key} shows {shown.get(key)} instead of {expected.get(key)}"


def _misoffered(skus: set[str]) -> Iterator[str]:
    shelf, listed = inventory.stock_of(skus), listings_by_sku(skus)
    for sku, listing in sorted(listed.items()):
        if listing.available != shelf[sku].available:
            yield f"{sku} shows {listing.available} instead of {shelf[sku].available}"


def _drifted() -> str:
    said = StringIO()
    try:
        call_command("rebuild_projections", *READ_MODELS, check=True, stdout=said, stderr=StringIO())
    except SystemExit:
        return said.getvalue().strip()
    return ""
