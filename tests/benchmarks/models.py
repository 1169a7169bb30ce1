"""The rows of every system: what a business transaction changes, and what a handler writes."""

from typing import ClassVar

from django.db import models


class Sale(models.Model):
    """One sale: what a business transaction inserts."""

    sku = models.CharField(max_length=40)
    quantity = models.IntegerField()
    pence = models.IntegerField()
    sold_at = models.DateTimeField(auto_now_add=True)
    objects: ClassVar["models.Manager[Sale]"] = models.Manager()

    def __str__(self) -> str:
        return f"{self.quantity} of {self.sku}"


class Shelf(models.Model):
    """The stock of a product: what a business transaction updates."""

    sku = models.CharField(max_length=40, primary_key=True)
    stock = models.IntegerField()
    objects: ClassVar["models.Manager[Shelf]"] = models.Manager()

    def __str__(self) -> str:
        return self.sku


class Tally(models.Model):
    """How often a counter was counted, and what it came to: what a handler upserts."""

    counter = models.CharField(max_length=40, primary_key=True)
    count = models.IntegerField(default=0)
    total = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    objects: ClassVar["models.Manager[Tally]"] = models.Manager()

    def __str__(self) -> str:
        return self.counter
