"""The tables of the shop that the examples are about."""

from django.db import models


class Order(models.Model):
    """What the customer has ordered."""

    id = models.UUIDField(primary_key=True)
    total = models.IntegerField()

    objects: models.Manager["Order"] = models.Manager()

    class Meta:
        app_label = "docs"
        db_table = "docs_order"

    def __str__(self) -> str:
        return str(self.id)


class OrderHistoryRow(models.Model):
    """One order as its customer sees it."""

    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=20, default="")
    total = models.IntegerField(default=0)

    objects: models.Manager["OrderHistoryRow"] = models.Manager()

    class Meta:
        app_label = "docs"
        db_table = "docs_order_history"

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"
