"""Carts: what a shopper has picked, at the price they saw."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from payments.money import Money

MOST_PER_LINE = 99


class Cart(models.Model):
    """One shopper's cart; it has become an order as soon as an order names it."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    created_at = models.DateTimeField(auto_now_add=True)

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
