"""What belongs to an account: its orders and its address book."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Upper

from orders.errors import AddressNotFound
from orders.events import Address, OrderLine
from orders.models import ADDRESS_PARTS, Order, SavedAddress
from payments.money import Money

PAGE = 10


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """One of an account's orders, from its own row: never behind."""

    order_id: UUID
    number: str
    state: str
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    total: Money
    refunded: Money

    @property
    def units(self) -> int:
        """How many pieces, over all lines."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """A page of them, newest first; `after` leads to the next one, where there is one."""

    orders: tuple[OwnOrder, ...]
    after: str


@dataclass(frozen=True, slots=True)
class KeptAddress:
    """An address of an account's book, and the name on its parcels."""

    address_id: UUID
    name: str
    address: Address
    usual: bool

    @property
    def as_typed(self) -> dict[str, str]:
        """The fields of a form that would say the same."""
        return {"name": self.name} | {part: getattr(self.address, part) for part in ADDRESS_PARTS}


def orders_of(customer_id: int, after: str = "") -> OwnOrders:
    """The account's orders, or those placed before its order with the number `after`; in one query."""
    rows = Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")
    if after:
        last = Order.objects.filter(customer_id=customer_id, number=after)
        moment, key = Subquery(last.values("placed_at")), Subquery(last.values("id"))
        rows = rows.filter(Q(placed_at__lt=moment) | Q(placed_at=moment, id__lt=key))
    found = [_own(row) for row in rows[: PAGE + 1]]
    return OwnOrders(tuple(found[:PAGE]), found[PAGE - 1].number if len(found) > PAGE else "")


def own_order(customer_id: int, number: str) -> UUID | None:
    """The account's order with this number; None where it is another's or nobody's."""
    owned = Order.objects.filter(customer_id=customer_id, number=number.upper())
    return owned.values_list("id", flat=True).first()


def guest_orders_of_mailbox(email: str) -> tuple[UUID, ...]:
    """Guests' orders placed with this address; only for whoever has shown that they read its mail."""
    shops = Order.objects.filter(customer_id=None, cart_id__isnull=False)
    placed = shops.alias(mailbox=Upper(KT("customer__email"))).filter(mailbox=email.upper())
    return tuple(placed.order_by("placed_at").values_list("id", flat=True))


def addresses_of(customer_id: int) -> tuple[KeptAddress, ...]:
    """The account's address book, the usual one first."""
    rows = SavedAddress.objects.filter(customer_id=customer_id).order_by("-is_default", "added_at")
    return tuple(_kept(row) for row in rows)


def address_of(customer_id: int, address_id: UUID) -> KeptAddress:
    """One address of the account's book; raises AddressNotFound, also for one of another's."""
    row = SavedAddress.objects.filter(customer_id=customer_id, pk=address_id).first()
    if row is None:
        raise AddressNotFound(address_id)
    return _kept(row)


def _own(row: Order) -> OwnOrder:
    return OwnOrder(
        order_id=row.id,
        number=row.number,
        state=row.state,
        placed_at=row.placed_at,
        lines=msgspec.convert(row.lines, tuple[OrderLine, ...]),
        total=Money(row.total_amount, row.currency),
        refunded=Money(row.refunded_amount, row.currency),
    )


def _kept(row: SavedAddress) -> KeptAddress:
    address = Address(**{part: getattr(row, part) for part in ADDRESS_PARTS})
    return KeptAddress(row.id, row.name, address, row.is_default)
