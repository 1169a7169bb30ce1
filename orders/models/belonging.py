"""What belongs to an account: its address book, and how two carts became one when it logged in."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

MOST_ADDRESSES = 20
ADDRESS_PARTS = ("line1", "line2", "city", "postcode")
"""What an address is typed as; the country is not asked for yet."""


class SavedAddress(models.Model):
    """A place that an account has parcels sent to; at most one of them is where they usually go."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    customer_id = models.BigIntegerField()
    name = models.CharField(max_length=120)
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, default="")
    city = models.CharField(max_length=120)
    postcode = models.CharField(max_length=10)
    is_default = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "saved addresses"
        indexes = (
            models.Index(
                fields=["customer_id", "-is_default", "added_at"], name="orders_address_of_customer"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["customer_id"], condition=Q(is_default=True), name="orders_address_one_default"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}, {self.city}"


class CartUnion(models.Model):
    """A guest's cart put into an account's at log-in; the guest's stays as it was, so it can be undone."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    customer_id = models.BigIntegerField(db_index=True)
    cart_id = models.UUIDField()
    guest_cart_id = models.UUIDField()
    before = models.JSONField()
    after = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class LinkCut(models.Model):
    """Links to this order that were written up to this second do not open it any more."""

    order_id = models.UUIDField(primary_key=True)
    until_second = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.order_id)
