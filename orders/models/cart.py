"""Carts: what a shopper has picked, at the price they saw."""

from typing import Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q

from payments.money import Money

MOST_PER_LINE, MOST_LINES = 99, 100


class _Carts(models.QuerySet["Cart"]):
    def open_to(self, cart_id: UUID, customer_id: int | None) -> Self:
        """The cart, where it is nobody's or this customer's; somebody else's is as if it did not exist."""
        return self.filter(Q(customer_id=None) | Q(customer_id=customer_id), pk=cart_id)


class Cart(models.Model):
    """One shopper's cart; it has become an order as soon as an order names it.

    With a `customer_id` it is that account's and nobody else's; without, whoever knows its id may fill it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    customer_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = _Carts.as_manager()

    class Meta:
        indexes = (
            models.Index(
                fields=["customer_id", "-created_at"],
                condition=Q(customer_id__isnull=False),
                name="orders_cart_of_customer",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    """One article in a cart, with the price the shopper saw when they picked it."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    quantity = models.PositiveSmallIntegerField()
    seen_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["cart", "sku"], name="orders_cartline_once_per_cart"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PER_LINE), name="orders_cartline_quantity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def seen_price(self) -> Money:
        """The price when the shopper picked it."""
        return Money(self.seen_amount, self.currency)
