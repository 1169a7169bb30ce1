"""The rows that both ways of delivery write."""

from typing import ClassVar

from django.db import models


class Tally(models.Model):
    """How often a counter was counted, and what it came to."""

    counter = models.CharField(max_length=40, primary_key=True)
    count = models.IntegerField(default=0)
    total = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    objects: ClassVar["models.Manager[Tally]"] = models.Manager()

    def __str__(self) -> str:
        return self.counter
