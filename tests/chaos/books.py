"""What must hold in the shop: live, and at rest, where it is also compared with what the shoppers know."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from eventbus.chaos import Invariant
from inventory import queries as inventory
from inventory.models import StockItem
from orders.models import Notification, Order, Shipment
from orders.queries import order_as_of
from payments import queries as payments
from payments.models import Payment
from tests.chaos.shelves import RARE, opening
from tests.chaos.shopping import Shoppers, Told

ENDINGS = {
    "pays": {("shipped", "")},
    "pays, answered late": {("shipped", "")},
    "is declined": {("cancelled", "card_declined")},
    "lives where no carrier goes": {("cancelled", "shipment_refused")},
}
SOLD_OUT = ("cancelled", "out_of_stock")
MAILS = {
    ("shipped", ""): {"confirmation", "shipped"},
    ("cancelled", "card_declined"): {"payment_failed"},
    ("cancelled", "shipment_refused"): {"confirmation", "cancelled"},
    SOLD_OUT: {"cancelled"},
}

_OVERSOLD = """
SELECT line.sku, sum(line.quantity)
FROM inventory_reservation, unnest(skus, quantities) AS line (sku, quantity)
WHERE state IN ('active', 'shipped') GROUP BY line.sku"""

_UNBALANCED = """
SELECT order_id, amount, captured, refunded FROM payments_payment
WHERE captured > amount OR refunded > captured OR refunded < 0"""

_STOCK = (
    "SELECT sku, on_hand, reserved FROM inventory_stockitem WHERE NOT on_hand >= reserved OR reserved < 0"
)

_DISORDER = """
SELECT stream, array_agg(revision ORDER BY id) FROM (
    SELECT id, stream, revision, row_number() OVER (PARTITION BY stream ORDER BY id) AS due
    FROM chaos_witnessed) AS seen
GROUP BY stream HAVING bool_or(revision <> due) LIMIT 5"""


def live() -> list[Invariant]:
    """What holds at any instant."""
    return [
        Invariant(name="on_hand >= reserved >= 0", breaches=lambda: map(str, rows(_STOCK))),
        Invariant(name="nothing is oversold", breaches=_oversold),
        Invariant(name="refunded <= captured <= total", breaches=lambda: map(str, rows(_UNBALANCED))),
        Invariant(name="stock counters equal their ledger", breaches=_texts(inventory.ledger_differences)),
        Invariant(name="payment totals equal their ledger", breaches=_texts(payments.ledger_differences)),
        Invariant(name="a subscription sees revisions 1, 2, 3 …", breaches=_disorder),
    ]


class Books:
    """Everything about a run that is counted twice: by the shop, and by others."""

    def __init__(self, shoppers: Shoppers, sandbox: Path, mails: Path) -> None:
        self.shoppers, self.sandbox, self.mails = shoppers, sandbox, mails

    def final(self) -> list[Invariant]:
        """What holds once everything is quiet."""
        checks: dict[str, Callable[[], Iterable[str]]] = {
            "the orders are those that shoppers were told of": self._orders,
            "every order has the ending its shopper is due": self._endings,
            "an order's row is the fold of its stream": self._folds,
            "money held = total if shipped, 0 if cancelled": self._money,
            "the card processor's book says the same": self._processor,
            "the carrier carries what was shipped": self._carrier,
            "what is not on the shelf was shipped": self._shelves,
            "each mail once per event and recipient": self._letters,
        }
        return [Invariant(name=name, breaches=check) for name, check in checks.items()]

    def _orders(self) -> Iterator[str]:
        placed = set(Order.objects.values_list("id", flat=True))
        for order_id in self.shoppers.told.keys() - placed:
            yield f"{order_id} was confirmed to {self.shoppers.told[order_id]} and does not exist"
        for order_id in placed - self.shoppers.told.keys():
            yield f"{order_id} exists, and no shopper was told of it"

    def _endings(self) -> Iterator[str]:
        for order, told in self._pairs():
            due = ENDINGS[told.customer] | ({SOLD_OUT} if _wants_rare(told) else set())
            if (order.state, order.reason) not in due or order.total_amount != told.total:
                yield f"{order.id} of who {told.customer}: {order.state} {order.reason} {order.total_amount}"

    def _folds(self) -> Iterator[str]:
        for order in Order.objects.all():
            if order.fold() != order_as_of(order.id):
                yield f"{order.id}: {order.fold()} is kept, {order_as_of(order.id)} is told by its events"

    def _money(self) -> Iterator[str]:
        held = {p.order_id: p.captured - p.refunded for p in Payment.objects.all()}
        for order, told in self._pairs():
            due = told.total if order.state == "shipped" else 0
            if held.get(order.id) != due:
                yield f"{order.id} {order.state}: {held.get(order.id)} held, {due} due"

    def _processor(self) -> Iterator[str]:
        book = {UUID(row[0]): row[1:] for row in self._ask("SELECT id, captured, refunded FROM charges")}
        for payment in Payment.objects.all():
            captured, refunded = book.pop(payment.id, (0, 0))
            if captured - refunded != payment.captured - payment.refunded:
                yield f"{payment}: the processor holds {captured} - {refunded}"
        for payment_id, (captured, refunded) in book.items():
            yield f"the processor holds {captured} - {refunded} for {payment_id}, which nobody owes"

    def _carrier(self) -> Iterator[str]:
        booked = {UUID(row[0]) for row in self._ask("SELECT id FROM shipments WHERE status = 'booked'")}
        shipped = set(Order.objects.filter(state="shipped").values_list("id", flat=True))
        due = set(Shipment.objects.filter(order_id__in=shipped).values_list("id", flat=True))
        if booked != due or len(due) != len(shipped):
            yield f"{len(shipped)} shipped: missing {due - booked}, too many {booked - due}"

    def _shelves(self) -> Iterator[str]:
        sold: Counter[str] = Counter()
        for order, told in self._pairs():
            if order.state == "shipped":
                sold.update(told.quantities)
        for item in StockItem.objects.filter(sku__startswith="CHAOS-"):
            if (item.on_hand, item.reserved) != (opening(item.sku) - sold[item.sku], 0):
                yield f"{item.sku}: {sold[item.sku]} sold, {item.on_hand} left, {item.reserved} reserved"

    def _letters(self) -> Iterator[str]:
        written: dict[UUID | None, list[str]] = {}
        # Whether a parcel arrives within the run is up to the carrier's clock.
        about = Notification.objects.exclude(template="delivered")
        for order_id, template in about.values_list("order_id", "template"):
            written.setdefault(order_id, []).append(template)
        for order, _ in self._pairs():
            found = sorted(written.get(order.id, []))
            if found != sorted(MAILS.get((order.state, order.reason), ())):
                yield f"{order.id} {order.state} {order.reason}: mails {found}"
        yield from self._postbox()

    def _postbox(self) -> Iterator[str]:
        """A mail may leave twice, after a crash, with the same id; none leaves unrecorded."""
        texts = [file.read_text(errors="replace") for file in self.mails.glob("*.log")]
        sent = {UUID(found) for text in texts for found in re.findall(r"Message-ID: <(.+)@shop>", text)}
        recorded = set(Notification.objects.values_list("message_id", flat=True))
        if sent != recorded:
            yield f"sent but not recorded: {sent - recorded}; recorded but not sent: {recorded - sent}"

    def _pairs(self) -> Iterator[tuple[Order, Told]]:
        for order in Order.objects.all():
            if order.id in self.shoppers.told:
                yield order, self.shoppers.told[order.id]

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.sandbox) as book:
            return book.execute(question).fetchall()


def _wants_rare(told: Told) -> bool:
    return not told.quantities.keys().isdisjoint(RARE)


def _oversold() -> Iterator[str]:
    for sku, sold in rows(_OVERSOLD):
        if sold > opening(sku):
            yield f"{sku}: {sold} promised of {opening(sku)}"


def _disorder() -> Iterator[str]:
    for stream, revisions in rows(_DISORDER):
        yield f"{stream} came as {revisions}"


def _texts(found: Callable[[], Iterable[object]]) -> Callable[[], Iterator[str]]:
    return lambda: map(str, found())


def rows(statement: str) -> list[tuple[Any, ...]]:
    """What a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()  # type: ignore[no-any-return]
