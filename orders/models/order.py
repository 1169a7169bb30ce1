"""The `Order` row: the newest fold of one order's stream, kept beside it as its snapshot."""

import json
from functools import cache
from typing import Self
from uuid import UUID

import msgspec
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Upper

from orders.events import Address, CustomerSnapshot, OrderLine
from orders.models.state import OrderRefund, OrderReturn, OrderState
from orders.models.transitions import STATES
from payments.money import Money

LINK_SALT = "orders.link"
SCHEMA = 3
"""The shape of the row. Raised with every change of its columns: rows of another one are folded anew."""


class Order(models.Model):
    """The newest fold of one order's stream; can be deleted and rebuilt, identical."""

    id = models.UUIDField(primary_key=True)
    schema = models.PositiveSmallIntegerField(default=SCHEMA, db_default=1)
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES])
    revision = models.PositiveIntegerField()
    cart_id = models.UUIDField(null=True, unique=True)
    customer = models.JSONField()
    address = models.JSONField(null=True)
    lines = models.JSONField()
    shipping_name = models.CharField(max_length=60, db_default="")
    shipping_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField(null=True)
    total_amount = models.BigIntegerField()
    refunded_amount = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=10)
    delivery = models.CharField(max_length=10)
    placed_at = models.DateTimeField(db_index=True)
    customer_id = models.BigIntegerField(null=True)
    cancellation_requested_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    tracking_number = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    message = models.TextField()
    returns = models.JSONField(default=list, db_default=[])
    refunds = models.JSONField(default=list, db_default=[])

    class Meta:
        permissions = (("cancel_order", "Can cancel an order"),)
        constraints = (
            models.CheckConstraint(condition=Q(state__in=STATES), name="orders_order_state_known"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="orders_order_revision_from_1"),
            models.CheckConstraint(
                condition=Q(refunded_amount=0)
                | Q(refunded_amount__gt=0, refunded_amount__lte=F("total_amount")),
                name="orders_order_refunded_within_total",
            ),
        )
        indexes = (
            # Guests' orders and those on account are not in it, and pay nothing for it.
            models.Index(
                fields=["customer_id", "-placed_at", "-id"],
                condition=Q(customer_id__isnull=False),
                name="orders_order_of_customer",
            ),
            models.Index(
                Upper(KT("customer__email")),
                condition=Q(customer_id__isnull=True, cart_id__isnull=False),
                name="orders_order_of_mailbox",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @classmethod
    def of_id(cls, order_id: UUID) -> Self | None:
        """The row of this order. Read at every step of every order: the ORM takes three times as long."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(_columns())} FROM orders_order WHERE id = %s", [order_id])
            row = cursor.fetchone()
        if row is None:
            return None
        values = dict(zip(_columns(), row, strict=True))
        return cls(**values | {name: json.loads(values[name] or "null") for name in _JSON})

    @classmethod
    def of(cls, state: OrderState) -> Self:
        """The row of this state, not saved."""
        return cls(
            id=state.order_id,
            schema=SCHEMA,
            customer=msgspec.to_builtins(state.customer),
            address=msgspec.to_builtins(state.address),
            lines=msgspec.to_builtins(state.lines),
            shipping_name=state.shipping_name,
            shipping_amount=state.shipping.amount,
            tax_amount=state.tax.amount if state.tax else None,
            total_amount=state.total.amount,
            currency=state.total.currency,
            **{name: getattr(state, name) for name in _FIXED},
            **_moving(state),
        )

    def fold(self) -> OrderState:
        """The state that this row keeps."""
        return OrderState(
            order_id=self.id,
            customer=msgspec.convert(self.customer, CustomerSnapshot),
            address=msgspec.convert(self.address, Address | None),
            lines=msgspec.convert(self.lines, tuple[OrderLine, ...]),
            shipping_name=self.shipping_name,
            shipping=Money(self.shipping_amount, self.currency),
            tax=None if self.tax_amount is None else Money(self.tax_amount, self.currency),
            total=Money(self.total_amount, self.currency),
            refunded=Money(self.refunded_amount, self.currency),
            returns=msgspec.convert(self.returns, tuple[OrderReturn, ...]),
            refunds=msgspec.convert(self.refunds, tuple[OrderRefund, ...]),
            **{name: getattr(self, name) for name in (*_FIXED, *_MOVING)},
        )

    @classmethod
    def keep(cls, state: OrderState) -> None:
        """Bring the row to this state, within the transaction that publishes its event."""
        if state.revision == 1:
            cls.of(state).insert()
            return
        if not cls._move(state):
            # The row is of another schema, or was dropped: what it lacks is all in the state.
            cls.write(state)

    @classmethod
    def _move(cls, state: OrderState) -> int:
        moving = _moving(state)
        columns = ", ".join(f"{name} = %s" for name in moving)
        fields = {field.attname: field for field in cls._meta.local_concrete_fields}
        values = [fields[name].get_db_prep_save(value, connection) for name, value in moving.items()]
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "orders_order" SET {columns} WHERE id = %s AND revision = %s AND schema = %s',
                [*values, state.order_id, state.revision - 1, SCHEMA],
            )
            return int(cursor.rowcount)

    def insert(self) -> None:
        """Keep a new row. Written out: it costs a third of what the ORM takes to compile it."""
        fields = self._meta.local_concrete_fields
        values = [field.get_db_prep_save(getattr(self, field.attname), connection) for field in fields]
        with connection.cursor() as cursor:
            places = ", ".join(["%s"] * len(values))
            cursor.execute(f'INSERT INTO "orders_order" ({", ".join(_columns())}) VALUES ({places})', values)

    @classmethod
    def write(cls, state: OrderState) -> None:
        """Write the whole row, whatever stood there."""
        names = [field.name for field in cls._meta.concrete_fields if not field.primary_key]
        rows: list[Order] = [cls.of(state)]
        Order.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=names)


@cache
def _columns() -> tuple[str, ...]:
    return tuple(field.attname for field in Order._meta.local_concrete_fields)


def _moving(state: OrderState) -> dict[str, object]:
    return {name: getattr(state, name) for name in _MOVING} | {
        "refunded_amount": state.refunded.amount,
        "returns": msgspec.to_builtins(state.returns),
        "refunds": msgspec.to_builtins(state.refunds),
    }


_JSON = ("customer", "address", "lines", "returns", "refunds")
_FIXED = ("number", "cart_id", "payment_method", "delivery", "placed_at")
_MOVING = (
    "state",
    "revision",
    "cancellation_requested_at",
    "confirmed_at",
    "shipped_at",
    "cancelled_at",
    "tracking_number",
    "reason",
    "message",
    "customer_id",
)
